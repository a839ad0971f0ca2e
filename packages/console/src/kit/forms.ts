import type { InputOf, Operation } from '@holdfast/contract'
import { useState, type FormEvent } from 'react'
import type { Explained } from './explain.ts'
import { messagesOf } from './validation.ts'

export interface Form<T extends object> {
  values: T
  set: <K extends keyof T>(field: K, value: T[K]) => void
  /** `value`, `onChange` and `error` of a text field. */
  text: <K extends keyof T & string>(
    field: K,
  ) => { value: string; onChange: (event: { currentTarget: { value: string } }) => void; error: string | undefined; name: string }
  error: (field: keyof T & string) => string | undefined
  /** For `<form onSubmit>`: checks by the operation's own schema, then runs. */
  submit: (run: (values: T) => unknown) => (event: FormEvent) => void
  /** Whether these values are valid; says at the fields what is not. */
  check: (values: Partial<T>) => boolean
  reset: (values?: T) => void
}

/** A form whose rules are the operation's input schema. `problem` brings the server's messages to their fields. */
export const useFormOf = <O extends Operation, T extends Partial<InputOf<O>> & object>(
  operation: O,
  initial: T,
  problem?: Explained | null,
): Form<T> => {
  const [values, setValues] = useState<T>(initial)
  const [messages, setMessages] = useState<Record<string, string>>({})
  const set: Form<T>['set'] = (field, value) => {
    setValues((now) => ({ ...now, [field]: value }))
    setMessages((now) => {
      const of = String(field)
      return Object.fromEntries(Object.entries(now).filter(([name]) => name !== of && !name.startsWith(`${of}.`)))
    })
  }
  const error: Form<T>['error'] = (field) => messages[field] ?? problem?.fields[field]
  return {
    values,
    set,
    error,
    text: (field) => ({
      name: field,
      value: String(values[field] ?? ''),
      onChange: (event) => set(field, event.currentTarget.value as T[typeof field]),
      error: error(field),
    }),
    submit: (run) => (event) => {
      event.preventDefault()
      const found = messagesOf(operation.input, values)
      setMessages(found)
      const first = Object.keys(found)[0]
      if (first === undefined) void run(values)
      else (event.currentTarget as HTMLFormElement).querySelector<HTMLElement>(`[name="${first}"]`)?.focus()
    },
    check: (some) => {
      const found = messagesOf(operation.input, some)
      setMessages(found)
      return Object.keys(found).length === 0
    },
    reset: (next = initial) => {
      setValues(next)
      setMessages({})
    },
  }
}
