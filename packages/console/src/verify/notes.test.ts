import { describe, expect, it } from 'vitest'
import { notesIn, readNote } from './notes.ts'
import { chainOf, createSigner, org } from './chain.fixture.ts'

const chain = chainOf(9)

describe('checkpoints handed in', async () => {
  const ours = await createSigner()
  const note = await ours.note(chain)

  it('are found bare, in a mail with carriage returns and quoting, and several at once', async () => {
    const longer = await ours.note(chainOf(12))
    expect(notesIn(note)).toEqual([note])
    const mail = `Dear keeper,\n\nkeep this:\n\n${note}\nYours, Holdfast\n`
    expect(notesIn(mail.replaceAll('\n', '\r\n'))).toEqual([note])
    expect(notesIn(mail.replace(/^/gm, '> '))).toEqual([note])
    expect(notesIn(`${note}\n${longer}`)).toEqual([note, longer])
    expect(notesIn('no checkpoint here')).toEqual([])
    expect(notesIn(`holdfast/${org}\n9`)).toEqual([])
  })

  it('say who signed them', async () => {
    const stranger = await createSigner()
    expect(await readNote({ name: 'a', note }, [ours.vkey])).toMatchObject({ signature: 'known', checkpoint: { size: 9 } })
    expect(await readNote({ name: 'a', note }, [stranger.vkey])).toMatchObject({ signature: 'unknown' })
    expect(await readNote({ name: 'a', note: note.replace('\n9\n', '\n8\n') }, [ours.vkey])).toMatchObject({
      signature: 'invalid',
    })
    await expect(readNote({ name: 'a', note: 'nonsense\n' }, [ours.vkey])).rejects.toThrow()
  })
})
