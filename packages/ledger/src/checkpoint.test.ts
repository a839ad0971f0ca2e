import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { checkpointOf, newSigner, ORG, sample, signed } from './chain.fixture.ts'
import { cosignCheckpoint, formatCheckpoint, originOf, parseCheckpoint, signCheckpoint, verifyCheckpoint } from './checkpoint.ts'
import { hexToBytes } from './encoding.ts'
import { formatVkey, parseVkey, verifyEd25519 } from './note.ts'

const signer = newSigner(originOf(ORG))
const witness = newSigner('witness.example/north')
const entries = sample(5)
const vector = JSON.parse(readFileSync(new URL('../vectors/checkpoints.json', import.meta.url), 'utf8'))
const refusal = (code: string) => expect.objectContaining({ code })

test('written, signed, cosigned and read back', async () => {
  const note = await cosignCheckpoint(await signed(entries, signer), witness, 1_767_225_600)
  expect(parseCheckpoint(note)).toEqual(checkpointOf(entries))
  expect(await verifyCheckpoint(note, [signer.vkey, witness.witnessVkey])).toEqual({
    checkpoint: checkpointOf(entries),
    signers: [
      { name: signer.name, type: 1, timeSeconds: null },
      { name: witness.name, type: 4, timeSeconds: 1_767_225_600 },
    ],
  })
  expect((await verifyCheckpoint(note, [witness.witnessVkey])).signers).toHaveLength(1)
})

test('an unknown key, a key of the wrong type and a foreign origin do not count', async () => {
  const note = await signed(entries, signer)
  const namesake = newSigner(signer.name)
  const other = newSigner('holdfast/other')
  const foreign = await signCheckpoint(checkpointOf(entries), other)
  for (const trusted of [[], [namesake.vkey], [signer.witnessVkey], [other.vkey]]) {
    await expect(verifyCheckpoint(note, trusted)).rejects.toEqual(refusal('signer_unknown'))
  }
  await expect(verifyCheckpoint(foreign, [other.vkey])).rejects.toEqual(refusal('signer_unknown'))
})

test('any changed character refuses the note', async () => {
  const note = await cosignCheckpoint(await signed(entries, signer), witness, 5)
  await fc.assert(
    fc.asyncProperty(fc.nat(note.length - 1), fc.constantFrom('0', 'A', 'z', '\n', ' ', '+'), async (at, character) => {
      const changed = note.slice(0, at) + character + note.slice(at + 1)
      fc.pre(changed !== note)
      // Both keys are trusted, so even a change of one signature line that leaves it readable must leave only the other signer.
      const result = await verifyCheckpoint(changed, [signer.vkey, witness.witnessVkey]).catch((error: unknown) => error)
      if (result instanceof Error)
        expect(result).toHaveProperty('code', expect.stringMatching(/malformed_checkpoint|signature_invalid|signer_unknown/))
      else expect(result).toMatchObject({ checkpoint: checkpointOf(entries), signers: { length: 1 } })
    }),
  )
})

test('malformed checkpoints are refused', () => {
  const text = formatCheckpoint(checkpointOf(entries))
  const bad = [
    '',
    '\n',
    'origin\n',
    'o\n-1\nAAAA\n',
    text.slice(0, -1),
    text.replace('\n5\n', '\n05\n'),
    text.replace('=\n', '\n'),
    `${text}\n— x y\n`,
  ]
  for (const note of bad) expect(() => parseCheckpoint(note), JSON.stringify(note)).toThrow(refusal('malformed_checkpoint'))
  expect(() => formatCheckpoint({ ...checkpointOf(entries), origin: 'two\nlines' })).toThrow(refusal('malformed_checkpoint'))
})

test('verifier keys: round trip and damage', () => {
  expect(parseVkey(signer.vkey)).toMatchObject({ name: signer.name, type: 1, publicKey: signer.publicKey })
  for (const vkey of ['', 'a+b+c', signer.vkey.replace('holdfast', 'holdfasd'), signer.vkey.slice(0, -4)]) {
    expect(() => parseVkey(vkey)).toThrow(refusal('malformed_vkey'))
  }
  expect(() => formatVkey('with space', signer.publicKey)).toThrow(refusal('malformed_vkey'))
})

test('a public key that is no point of the curve verifies nothing', async () => {
  expect(await verifyEd25519(new Uint8Array(32).fill(0xff), new Uint8Array(3), new Uint8Array(64))).toBe(false)
  expect(await verifyEd25519(signer.publicKey, new Uint8Array(3), new Uint8Array(63))).toBe(false)
})

test('the published checkpoints', async () => {
  for (const { note, trusted, checkpoint, signers } of vector.valid) {
    const verified = await verifyCheckpoint(note, trusted)
    expect(verified.checkpoint).toMatchObject(checkpoint)
    expect(verified.signers).toEqual(signers)
  }
  for (const { note, trusted, code } of vector.invalid) {
    await expect(verifyCheckpoint(note, trusted)).rejects.toEqual(refusal(code))
  }
  expect(parseVkey(vector.vkey).publicKey).toEqual(hexToBytes(vector.publicKey))
})
