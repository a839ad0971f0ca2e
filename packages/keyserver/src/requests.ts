import { z } from 'zod'

export const maxItems = 500
export const maxLeafHashes = 20_000
export const hashBytes = 32
/** What AWS KMS accepts; enough for keys, passwords and tokens. */
export const maxPlaintextBytes = 4096
/** 500 items of the largest size, in base64, with their contexts. */
export const maxBodyBytes = 4 * 1024 * 1024

const base64 = (maxBytes: number, minBytes = 0) =>
  z
    .base64()
    .min(Math.ceil(minBytes / 3) * 4)
    .max(Math.ceil(maxBytes / 3) * 4)
    .transform((text) => Buffer.from(text, 'base64'))
const hash = z.string().regex(/^[0-9a-f]{64}$/)

/** AWS KMS allows more; names and values are not secret. */
const Context = z
  .record(z.string().regex(/^[a-z][a-zA-Z0-9_.-]{0,39}$/), z.string().max(200))
  .refine((context) => Object.keys(context).length <= 8, 'at most 8 names')
const name = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/)
const items = <T extends z.ZodType>(item: T) => z.array(item).min(1).max(maxItems)
const WrappedItem = z.strictObject({ wrapped: base64(maxPlaintextBytes + 1024, 9), context: Context })

export const WrapRequest = z.strictObject({
  ring: name,
  items: items(z.strictObject({ plaintext: base64(maxPlaintextBytes, 1), context: Context })),
})
export const UnwrapRequest = z.strictObject({ ring: name, items: items(WrappedItem) })
export const RotateRequest = z.strictObject({ ring: name })
export const RotateSigningRequest = z.strictObject({ name })
export const CheckpointBody = z.strictObject({
  // C2SP tlog-checkpoint: no spaces, no "+", since it is the key's name too.
  origin: z.string().regex(/^[!-*,-~]{1,200}$/),
  oldSize: z.int().nonnegative(),
  leafHashes: base64(maxLeafHashes * hashBytes).refine((bytes) => bytes.length % hashBytes === 0, 'not a whole number of hashes'),
  sign: z.boolean(),
  head: hash.nullable(),
  root: hash.nullable(),
})
export const versionNumber = z.coerce.number().int().positive()
