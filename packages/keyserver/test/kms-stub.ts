import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { contextBytes } from '../src/key-box.ts'

interface Input {
  KeyId: string
  SourceKeyId: string
  DestinationKeyId: string
  Plaintext: string
  CiphertextBlob: string
  EncryptionContext?: Record<string, string>
  SourceEncryptionContext?: Record<string, string>
  DestinationEncryptionContext?: Record<string, string>
}

class KmsError extends Error {}

/** The five calls of AWS KMS that we use, over its JSON protocol, with real AES-256-GCM and the real error names. */
export const startKmsStub = async () => {
  const keys = new Map<string, Buffer>()
  const scheduled: string[] = []
  const calls: string[] = []
  let broken = false

  const keyOf = (arn: string): Buffer => {
    const key = keys.get(arn)
    if (!key) throw new KmsError('NotFoundException')
    return key
  }
  const encrypt = (arn: string, plaintext: Buffer, context: Record<string, string> = {}): string => {
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', keyOf(arn), nonce).setAAD(contextBytes(context))
    const body = Buffer.concat([cipher.update(plaintext), cipher.final()])
    const name = Buffer.from(arn)
    return Buffer.concat([Buffer.from([name.length]), name, nonce, cipher.getAuthTag(), body]).toString('base64')
  }
  const decrypt = (arn: string, blob: string, context: Record<string, string> = {}): Buffer => {
    const bytes = Buffer.from(blob, 'base64')
    const at = 1 + bytes.readUInt8(0)
    const named = bytes.toString('utf8', 1, at)
    if (!keys.has(named)) throw new KmsError('InvalidCiphertextException')
    if (named !== arn) throw new KmsError('IncorrectKeyException')
    const decipher = createDecipheriv('aes-256-gcm', keyOf(named), bytes.subarray(at, at + 12)).setAAD(contextBytes(context))
    decipher.setAuthTag(bytes.subarray(at + 12, at + 28))
    try {
      return Buffer.concat([decipher.update(bytes.subarray(at + 28)), decipher.final()])
    } catch {
      throw new KmsError('InvalidCiphertextException')
    }
  }
  const answer = (call: string, input: Input): unknown => {
    switch (call) {
      case 'CreateKey': {
        const arn = `arn:aws:kms:eu-central-1:111122223333:key/${randomUUID()}`
        keys.set(arn, randomBytes(32))
        return { KeyMetadata: { KeyId: arn.split('/')[1], Arn: arn } }
      }
      case 'Encrypt':
        return {
          KeyId: input.KeyId,
          CiphertextBlob: encrypt(input.KeyId, Buffer.from(input.Plaintext, 'base64'), input.EncryptionContext),
        }
      case 'Decrypt':
        return {
          KeyId: input.KeyId,
          Plaintext: decrypt(input.KeyId, input.CiphertextBlob, input.EncryptionContext).toString('base64'),
        }
      case 'ReEncrypt': {
        const plaintext = decrypt(input.SourceKeyId, input.CiphertextBlob, input.SourceEncryptionContext)
        return { CiphertextBlob: encrypt(input.DestinationKeyId, plaintext, input.DestinationEncryptionContext) }
      }
      case 'ScheduleKeyDeletion':
        keyOf(input.KeyId)
        scheduled.push(input.KeyId)
        return { KeyId: input.KeyId, DeletionDate: Date.now() / 1000 }
      default:
        throw new KmsError('UnsupportedOperationException')
    }
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const call = String(request.headers['x-amz-target']).split('.')[1] ?? ''
      calls.push(call)
      response.setHeader('content-type', 'application/x-amz-json-1.1')
      try {
        if (broken) throw new KmsError('KMSInternalException')
        response.end(JSON.stringify(answer(call, JSON.parse(Buffer.concat(chunks).toString()) as Input)))
      } catch (error) {
        response.statusCode = broken ? 500 : 400
        response.end(JSON.stringify({ __type: error instanceof KmsError ? error.message : 'ValidationException', message: 'no' }))
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    scheduled,
    break: (value: boolean) => {
      broken = value
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}
