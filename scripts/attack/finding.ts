/** What a tool reported. `expected` is the reason why it stands; without one the run fails. */
export interface Finding {
  what: string
  expected: string | null
}

/** One line of the table: a tool, or one operation under it. */
export interface Verdict {
  tool: string
  target: string
  /** What was done and seen, in numbers. */
  seen: string
  findings: Finding[]
}

interface Expectation {
  tool: string
  pattern: RegExp
  reason: string
}

/** Findings that we know, and why each is none. Anything else fails the run. */
const expectations: readonly Expectation[] = [
  {
    tool: 'testssl',
    pattern: /^cert_crlDistributionPoints|^cert_revocation|^cert_ocspURL/,
    reason: 'the local authority publishes no revocation list; a public certificate does',
  },
  {
    tool: 'testssl',
    pattern: /^engine_problem/,
    reason: 'of the tool, not the server: its OpenSSL has no GOST ciphers to offer',
  },
  { tool: 'testssl', pattern: /^DNS_CAArecord/, reason: 'localhost has no DNS' },
  {
    tool: 'wapiti',
    pattern: /X-XSS-Protection/,
    reason: 'obsolete header; browsers removed the filter, the content security policy takes its place',
  },
]

export const finding = (tool: string, what: string): Finding => ({
  what,
  expected: expectations.find((one) => one.tool === tool && one.pattern.test(what))?.reason ?? null,
})

export const failed = ({ findings }: Verdict): boolean => findings.some(({ expected }) => expected === null)
