export * from './bundle.ts'
export * from './certificate.ts'
export { SshError, type SshErrorCode } from './error.ts'
export * from './krl.ts'
export * from './lines.ts'
export { canonicalCidr, extensionNames, type CriticalOptions, type Extension } from './options.ts'
export {
  grantKeyId,
  hostPrincipalOf,
  isHostName,
  maxHostNames,
  parseGrantKeyId,
  parsePrincipal,
  principalOf,
  type Account,
} from './principal.ts'
export {
  ed25519PublicKey,
  fingerprintOf,
  formatPublicKey,
  parsePublicKey,
  publicKeyFromBlob,
  sameKey,
  type PublicKey,
} from './public-key.ts'
