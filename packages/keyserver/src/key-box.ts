/** Where the bytes of master keys live: a file, an HSM, AWS KMS. Everything else about keys is the same for all (`master-keys.ts`). */
export interface KeyBox {
  readonly adapter: 'file' | 'pkcs11' | 'aws-kms'
  /** Makes an AES-256 key inside the box and returns the name by which the box knows it. */
  create(ring: string, version: number): Promise<string>
  encrypt(handle: string, plaintext: Buffer, context: WrapContext): Promise<Buffer>
  /** Throws `NotAuthentic` when the ciphertext was changed or the context is another. */
  decrypt(handle: string, ciphertext: Buffer, context: WrapContext): Promise<Buffer>
  /** Decrypts and encrypts inside the box, where it can. */
  reencrypt?(from: string, to: string, ciphertext: Buffer, context: WrapContext): Promise<Buffer>
  /** Irreversible. A key that is gone already is no error. */
  destroy(handle: string): Promise<void>
  close(): void
}

/** Names and values that are authenticated with a wrapped key, as in the encryption context of AWS KMS. Not secret. */
export type WrapContext = Readonly<Record<string, string>>

export class NotAuthentic extends Error {}
/** The box cannot work now: the HSM is unplugged, KMS does not answer, a key of it is gone. */
export class BoxUnavailable extends Error {}

/** One spelling for each context: sorted names, lengths before texts. */
export const contextBytes = (context: WrapContext): Buffer => {
  const part = (text: string) => `${Buffer.byteLength(text)}:${text}`
  return Buffer.from(
    Object.keys(context)
      .sort()
      .map((name) => `${part(name)}=${part(context[name] ?? '')};`)
      .join(''),
  )
}
