export { sha256 } from '#sha256'
export {
  cosignCheckpoint,
  formatCheckpoint,
  originOf,
  parseCheckpoint,
  signCheckpoint,
  verifyCheckpoint,
  type Checkpoint,
  type CheckpointSigner,
  type SignedCheckpoint,
  type Signer,
} from './checkpoint.ts'
export { base64ToBytes, bytesToBase64, bytesToHex, bytesToUuid, hexToBytes, uuidToBytes } from './encoding.ts'
export { LedgerError, type LedgerErrorCode } from './errors.ts'
export {
  checkpointLine,
  createExportParser,
  entryLine,
  headerLine,
  type ExportHandlers,
  type ExportHeader,
  type ExportParser,
} from './export.ts'
export {
  entryHash,
  FORMAT,
  genesis,
  leafBytes,
  type Change,
  type Entry,
  type EntryBody,
  type EntryContent,
  type RawEntry,
} from './format.ts'
export {
  append,
  emptyRange,
  loadRange,
  merkleRoot,
  rootOf,
  saveRange,
  verifyConsistency,
  verifyInclusion,
  type NodeId,
  type Range,
  type SavedRange,
} from './merkle.ts'
export {
  formatNote,
  formatVkey,
  parseNote,
  parseVkey,
  type Note,
  type NoteSignature,
  type SignatureType,
  type Vkey,
} from './note.ts'
export { nodesForConsistency, nodesForInclusion, nodesOf, proveConsistency, proveInclusion, type NodeReader } from './proof.ts'
export type { Failure, FailureKind, Verdict } from './verdict.ts'
export { recordingHash, recordingRoot } from './recording-chain.ts'
export { createVerifier, type Verifier, type VerifyOptions } from './verify.ts'
export { verifyExport, type Chunks, type VerifyExportOptions } from './verify-export.ts'
