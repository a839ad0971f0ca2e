import { Button, Textarea } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { useState } from 'react'
import { count, State } from '../../kit/index.ts'
import { notesIn, readNote, type OutsideCheckpoint, type SignatureState } from '../../verify/notes.ts'
import { FileDrop } from '../FileDrop.tsx'
import classes from './verify.module.css'

interface OutsideProps {
  org: string
  verifierKeys: string[]
  held: readonly OutsideCheckpoint[]
  onHeld: (held: OutsideCheckpoint[]) => void
}

const signatures: Record<SignatureState, [kind: 'good' | 'warn' | 'bad', words: string]> = {
  known: ['good', 'signed by this installation’s key'],
  unknown: ['warn', 'signed by a key this installation does not name; it is compared all the same'],
  invalid: ['bad', 'changed after it was signed'],
}

/** The checkpoints in a text, or a sentence why there are none to use. */
const readAll = async (
  name: string,
  text: string,
  org: string,
  verifierKeys: string[],
): Promise<OutsideCheckpoint[] | string> => {
  const notes = notesIn(text)
  if (notes.length === 0) return `There is no checkpoint in ${name}. One begins with a line such as holdfast/${org}.`
  try {
    const read = await Promise.all(
      notes.map((note, index) => readNote({ name: notes.length > 1 ? `${name} (${index + 1})` : name, note }, verifierKeys)),
    )
    const broken = read.find(({ signature }) => signature === 'invalid')
    if (broken)
      return `The signature of ${broken.name} does not fit its text: the checkpoint was changed after it was signed, so it proves nothing.`
    return read
  } catch (error) {
    return `${name} cannot be read as a checkpoint: ${error instanceof Error ? error.message : String(error)}.`
  }
}

/** Takes checkpoints that somebody kept outside: dropped files, or a pasted note or mail. */
export const Outside = ({ org, verifierKeys, held, onHeld }: OutsideProps) => {
  const [pasted, setPasted] = useState('')
  const [refused, setRefused] = useState<string | null>(null)
  const add = async (texts: [name: string, text: string][]) => {
    const taken: OutsideCheckpoint[] = []
    for (const [name, text] of texts) {
      const read = await readAll(name, text, org, verifierKeys)
      if (typeof read === 'string') return setRefused(read)
      taken.push(...read)
    }
    setRefused(null)
    setPasted('')
    onHeld([...held, ...taken.filter(({ note }) => !held.some((other) => other.note === note))])
  }
  const addFiles = async (files: File[]) =>
    add(await Promise.all(files.map(async (file): Promise<[string, string]> => [file.name, await file.text()])))
  return (
    <div className={classes['outside']}>
      <Textarea
        label="A checkpoint held outside"
        description="Paste one, or the whole e-mail it came in. It shows what the chain alone cannot: a cut end, or a chain written anew."
        placeholder={`holdfast/${org}\n4821\n…`}
        autosize
        minRows={3}
        maxRows={10}
        spellCheck={false}
        classNames={{ input: classes['note'] ?? '' }}
        value={pasted}
        onChange={(event) => setPasted(event.currentTarget.value)}
      />
      <div className={classes['outsideButtons']}>
        <Button
          variant="default"
          size="xs"
          disabled={pasted.trim() === ''}
          onClick={() => void add([['pasted checkpoint', pasted]])}
        >
          Use this checkpoint
        </Button>
        <FileDrop
          verb="Choose checkpoint files"
          accept=".txt,.eml,.note,text/plain"
          text="or drop files here"
          multiple
          onFiles={(files) => void addFiles(files)}
        />
      </div>
      {refused && (
        <p role="alert" className={classes['refused']}>
          {refused}
        </p>
      )}
      {held.length > 0 && (
        <ul className={classes['held']} aria-label="Checkpoints to compare with">
          {held.map((one) => (
            <li key={one.note}>
              <span>
                {one.name}: {count(one.checkpoint.size)} entries
              </span>
              {one.checkpoint.origin === `holdfast/${org}` ? (
                <State kind={signatures[one.signature][0]}>{signatures[one.signature][1]}</State>
              ) : (
                <State kind="warn">of another organisation: used only for its own export</State>
              )}
              <Button
                variant="subtle"
                color="gray"
                size="compact-xs"
                leftSection={<IconX size={12} aria-hidden />}
                onClick={() => onHeld(held.filter(({ note }) => note !== one.note))}
              >
                Leave out
              </Button>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
