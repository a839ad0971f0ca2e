import {
  CreateKeyCommand,
  DecryptCommand,
  EncryptCommand,
  IncorrectKeyException,
  InvalidCiphertextException,
  KMSClient,
  NotFoundException,
  ReEncryptCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import { BoxUnavailable, NotAuthentic, type KeyBox } from './key-box.ts'

export interface KmsOptions {
  region: string
  /** For a VPC endpoint, or for tests. */
  endpoint?: string
}

/** KMS keeps a deleted key this long at the least or longer; it comes after our own grace. */
const pendingWindowDays = 7
const timeoutMs = 5_000

const asBuffer = (bytes: Uint8Array | undefined): Buffer => {
  if (!bytes) throw new BoxUnavailable('KMS answered without a blob')
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

const translated = async <T>(call: Promise<T>): Promise<T> => {
  try {
    return await call
  } catch (cause) {
    if (cause instanceof InvalidCiphertextException || cause instanceof IncorrectKeyException)
      throw new NotAuthentic('refused by KMS', { cause })
    throw new BoxUnavailable('KMS does not answer', { cause })
  }
}

/**
 * Master keys in AWS KMS, one KMS key a version; the context is KMS's encryption context and so appears in CloudTrail. Credentials are found by
 * the SDK's own chain (instance role, IRSA); their policy needs kms:CreateKey, TagResource, Encrypt, Decrypt, ReEncrypt*, ScheduleKeyDeletion.
 */
export const openKmsBox = ({ region, endpoint }: KmsOptions): KeyBox => {
  const client = new KMSClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    maxAttempts: 3,
    requestHandler: { requestTimeout: timeoutMs, connectionTimeout: timeoutMs },
  })
  return {
    adapter: 'aws-kms',
    async create(ring, version) {
      const { KeyMetadata } = await translated(
        client.send(
          new CreateKeyCommand({
            Description: `Holdfast master key, ring ${ring}, version ${version}`,
            KeySpec: 'SYMMETRIC_DEFAULT',
            KeyUsage: 'ENCRYPT_DECRYPT',
            Tags: [
              { TagKey: 'holdfast:ring', TagValue: ring },
              { TagKey: 'holdfast:version', TagValue: String(version) },
            ],
          }),
        ),
      )
      if (!KeyMetadata?.Arn) throw new BoxUnavailable('KMS made a key without an ARN')
      return KeyMetadata.Arn
    },
    async encrypt(handle, plaintext, context) {
      const command = new EncryptCommand({ KeyId: handle, Plaintext: plaintext, EncryptionContext: context })
      return asBuffer((await translated(client.send(command))).CiphertextBlob)
    },
    async decrypt(handle, ciphertext, context) {
      // Naming the key makes KMS refuse a ciphertext of another one (IncorrectKeyException).
      const command = new DecryptCommand({ KeyId: handle, CiphertextBlob: ciphertext, EncryptionContext: context })
      return asBuffer((await translated(client.send(command))).Plaintext)
    },
    async reencrypt(from, to, ciphertext, context) {
      const command = new ReEncryptCommand({
        SourceKeyId: from,
        DestinationKeyId: to,
        CiphertextBlob: ciphertext,
        SourceEncryptionContext: context,
        DestinationEncryptionContext: context,
      })
      return asBuffer((await translated(client.send(command))).CiphertextBlob)
    },
    async destroy(handle) {
      try {
        await client.send(new ScheduleKeyDeletionCommand({ KeyId: handle, PendingWindowInDays: pendingWindowDays }))
      } catch (cause) {
        if (!(cause instanceof NotFoundException)) throw new BoxUnavailable('KMS does not answer', { cause })
      }
    },
    close: () => client.destroy(),
  }
}
