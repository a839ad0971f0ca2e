import { session } from '@holdfast/contract'
import { useState } from 'react'
import { api } from '../../kit/doors.ts'
import { explain, type Explained } from '../../kit/explain.ts'

/** How the people of an e-mail domain sign in. */
export interface Way {
  domain: string
  singleSignOn: boolean
  /** In no other way. */
  required: boolean
}

/** What stands behind the @, as the DNS has it; null when that is no domain. */
export const domainIn = (email: string): string | null => {
  const name = email.trim().split('@').at(-1) ?? ''
  const url = `https://${name}`
  if (!email.includes('@') || !URL.canParse(url)) return null
  const { hostname } = new URL(url)
  return hostname.includes('.') && /^[a-z0-9.-]+$/.test(hostname) ? hostname : null
}

/** Asks by the domain alone: who somebody is, and whether there is such a person, leaves this page with their password only. */
const wayOf = async (email: string): Promise<Way> => {
  const domain = domainIn(email)
  if (domain === null) return { domain: '', singleSignOn: false, required: false } // within a network of its own
  return { domain, ...(await api.call(session.discover, { domain })).value }
}

const explanations = {
  no_single_sign_on: 'This domain does not sign in by single sign-on any more. Reload the page.',
  provider_unavailable: 'Your provider does not answer. Try again in a moment.',
}

/** One question at a time; `problem` says what went wrong with the last. */
export const useDiscovery = () => {
  const [running, setRunning] = useState(false)
  const [problem, setProblem] = useState<Explained | null>(null)
  const attempt = async <T>(work: () => Promise<T>): Promise<T | null> => {
    setRunning(true)
    setProblem(null)
    try {
      return await work()
    } catch (error) {
      setProblem(explain(error, explanations, 'read'))
      return null
    } finally {
      setRunning(false)
    }
  }
  const find = (email: string) => attempt(() => wayOf(email))
  /** Leaves for the provider of the domain. */
  const leave = (domain: string) =>
    attempt(async () => location.assign((await api.call(session.beginSignOn, { domain })).value.url))
  return { running, problem, find, leave, reset: () => setProblem(null) }
}
