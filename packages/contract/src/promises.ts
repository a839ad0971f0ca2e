/** The promises of a SaaS security page. Code, checks, documents and the trust page refer to these ids. */
export const promiseAreas = {
  data: 'Data',
  ledger: 'Ledger',
  access: 'Access',
  operations: 'Operations',
  people: 'People and places',
  proof: 'Proof',
} as const
export type PromiseArea = keyof typeof promiseAreas

export interface SecurityPromise {
  area: PromiseArea
  /** What is promised, in one sentence. */
  title: string
  /** What must be shown on a running installation before it counts as kept. */
  keptWhen: string
}

export const promises = {
  D1: {
    area: 'data',
    title: 'Every network connection is TLS 1.2 or 1.3, forward-secret modern ciphers only, HSTS (preload), secure cookies',
    keptWhen:
      'Browser, API, CLI, host agent, key server and database connections are TLS; plain HTTP only redirects; testssl.sh finds nothing above LOW; the platform scans its own endpoints on a schedule and records the grade',
  },
  D2: {
    area: 'data',
    title: 'AES-256 at rest; data keys wrapped by master keys that live on another server with limited access',
    keptWhen:
      "Envelope encryption per tenant; the master key is in a separate process or host (key server), an HSM (PKCS#11) or AWS KMS, and never in the app's memory, disk or database; stealing the whole database reveals no sensitive field, secret or file",
  },
  D3: {
    area: 'data',
    title: 'Secrets in a secrets manager with rotation; none in the repository or in environment files',
    keptWhen:
      'Every secret has an owner, an age and a rotation; rotating any of them (master keys, data keys, token keys, database passwords, CA keys) loses no request; secret scanning before commit and in CI',
  },
  D4: {
    area: 'data',
    title: 'Automated point-in-time recovery; cross-region snapshots; backups encrypted under managed keys',
    keptWhen:
      'Continuous encrypted WAL archive plus base backups to a second location; restore to any second; a backup thief reads nothing',
  },
  D5: {
    area: 'data',
    title: 'Tenant isolation in two layers: org-scoped repositories and PostgreSQL row-level security',
    keptWhen:
      'Removing either layer alone still leaks nothing, proved by tests that do remove it; CI hunts for leaks over every table and every operation; a suspected leak is a P0 by itself',
  },
  D6: {
    area: 'data',
    title: "Each customer's service data in a database of its own",
    keptWhen:
      'Any organisation can be placed in its own database, or moved to one while it is in use, without losing a write; the pooled and the dedicated form pass the same tests',
  },
  D7: {
    area: 'data',
    title: 'Data residency: EU (primary), IN, US, CH, UK',
    keptWhen:
      "An organisation's data is stored, backed up and served in its region only; the placement is checked continuously and shown to the customer",
  },
  D8: {
    area: 'data',
    title: 'The customer owns their data; nothing shared without consent',
    keptWhen:
      'Full export in open formats at any time; verified erasure (crypto-shredding) with a certificate; a register of sub-processors and of every disclosure',
  },
  D9: {
    area: 'data',
    title: 'Every access is logged',
    keptWhen: 'Reads of tenant data too: who, what, when, from where, by which right; by staff above all',
  },
  L1: {
    area: 'ledger',
    title: 'Every state-changing action writes an audit entry: who, what, when, before, after',
    keptWhen: "No path, raw SQL by the app's own role included, changes a tenant row without an entry in the same transaction",
  },
  L2: {
    area: 'ledger',
    title: 'Entries are hash-chained with SHA-256, so silent tampering shows',
    keptWhen:
      'Any edit, deletion, insertion, reordering, truncation or whole-chain rewrite is found and located, the rewrite by checkpoints held outside',
  },
  L3: {
    area: 'ledger',
    title: 'Customers verify integrity on demand from the Audit page',
    keptWhen:
      'One click, with progress, for millions of entries; and offline with a small program that trusts nothing of ours and a published format',
  },
  C1: {
    area: 'access',
    title: 'Roles Owner, Admin, Reviewer, Member, Viewer',
    keptWhen:
      'One declared matrix of role × operation; every operation refuses every role it does not name; least privilege by default',
  },
  C2: {
    area: 'access',
    title: 'MFA mandatory for Owner and Admin',
    keptWhen:
      'TOTP, passkeys, recovery codes; no path (reset, invitation, SSO, API, promotion) gives an Owner or Admin a session without it',
  },
  C3: {
    area: 'access',
    title: 'SAML 2.0 single sign-on and SCIM provisioning for Growth and Enterprise',
    keptWhen: 'Works with real identity providers and their conformance checks; OIDC too; plan-gated; published attacks refused',
  },
  C4: {
    area: 'access',
    title: '15-minute JWT access tokens, 7-day refresh tokens in httpOnly cookies',
    keptWhen: 'Rotation with reuse detection, no log-outs from races; revocation in seconds, not in 15 minutes',
  },
  C5: {
    area: 'access',
    title: 'Staff access to production just in time, MFA-gated, fully audited, time-boxed',
    keptWhen:
      "Staff have no standing access to tenant data; a grant is approved, bounded, shown to and (by choice) approved by the customer, and stands in the customer's own ledger",
  },
  C6: {
    area: 'access',
    title: 'SREs request server access; a UI grants and revokes it, programmatically enforced, for a limited time',
    keptWhen:
      'A real OpenSSH server admits exactly the granted person, host, login and time; at expiry or revocation live sessions end, detached processes too',
  },
  C7: {
    area: 'access',
    title: 'Bastion only, no SSH key sprawl',
    keptWhen: 'No authorized_keys anywhere; certificates only; sessions recorded',
  },
  C8: {
    area: 'access',
    title: 'Who is not cleared (background, probation, training, agreements) does no risky work',
    keptWhen: 'Grants and roles marked risky are refused to people who are not cleared, by the same engine',
  },
  O1: {
    area: 'operations',
    title: 'Everything crucial is monitored; abnormal or suspicious activity notifies',
    keptWhen:
      'Metrics and events in, detections out (rules and baselines), real Prometheus/Alertmanager as sources; each detection tested by the attack it is for',
  },
  O2: {
    area: 'operations',
    title: 'On-call 24×7, paged on any P0/P1',
    keptWhen: 'Schedules without gaps, rotations, overrides, escalation until somebody acknowledges, provable afterwards',
  },
  O3: {
    area: 'operations',
    title: 'Customers notified within 48 h (personal-data breaches faster); post-mortem within 14 days',
    keptWhen:
      'Clocks start by themselves, warn, escalate, and cannot be rewritten; per-customer proof of delivery; GDPR 72 h to the authority',
  },
  O4: {
    area: 'operations',
    title:
      'Critical vulnerabilities patched in 7 days; actively exploited in 24 h; continuous dependency scans, weekly image scan, backlog reviewed each sprint',
    keptWhen:
      'Real scanner reports in (Trivy, SARIF, Dependabot, npm audit, CycloneDX, OSV); exploited-vulnerability catalogue drives the 24 h clock; exceptions expire',
  },
  O5: {
    area: 'operations',
    title: 'Vulnerability reports: acknowledged in 1 business day, triaged in 3; PGP; hall of fame',
    keptWhen: 'Public intake, signed security.txt, encrypted reports, business-day clocks with holidays, credit on request',
  },
  O6: {
    area: 'operations',
    title: 'RTO 4 h, RPO 1 h; tested restore runbook, quarterly drill; stateless app scales out; database fails over',
    keptWhen:
      'Drills restore for real, compare content, and record the RTO and RPO they measured; app nodes and the primary database can be killed under load with nothing acknowledged lost',
  },
  O7: {
    area: 'operations',
    title: 'Firewalls; every rule change reviewed daily, all rules every six months; segmented networks',
    keptWhen:
      "Rulesets ingested (nftables JSON, AWS security groups), semantic diff, daily review queue, recertification bound to the rule's version, segmentation matrix checked",
  },
  O8: {
    area: 'operations',
    title: 'Servers hardened from the base image: unused ports and accounts off, no default passwords, consistent',
    keptWhen: 'The host agent checks real hosts against a baseline, finds drift between hosts, feeds findings with clocks',
  },
  O9: {
    area: 'operations',
    title: 'Change management: nothing reaches production unauthorised; code review, SAST, dependency and secret scans',
    keptWhen:
      'A deploy gate: a deployment must match an approved change with its evidence; an unmatched one raises a finding; emergency changes get a 24 h retro-review',
  },
  O10: {
    area: 'operations',
    title: 'OWASP-based protection: injection, XSS, application-layer denial of service',
    keptWhen:
      'Holds under sqlmap, wapiti, slowhttptest, header and fuzz suites; measured load shed with good traffic still served',
  },
  O11: {
    area: 'operations',
    title: 'Denial-of-service mitigation',
    keptWhen:
      'Layered limits (connection, address, principal, organisation), load shedding, edge configuration in the infrastructure code',
  },
  O12: {
    area: 'operations',
    title:
      'AWS: EKS, private subnets, separate VPC per environment, SSM only, KMS, Secrets Manager, RDS multi-AZ, cross-region copies',
    keptWhen: 'Infrastructure code that synthesises, with its security rules checked',
  },
  H1: {
    area: 'people',
    title: 'Background verification (employment, education), three-month probation',
    keptWhen: 'Cases with states, evidence and reviewers; clearance is an input of access decisions (C8)',
  },
  H2: {
    area: 'people',
    title: 'Confidentiality agreement and acceptable-use policy signed; training with tests and quizzes by role; continuous',
    keptWhen:
      'Versioned documents with verifiable signatures; graded role-based courses; renewal by themselves; weak topics found per person',
  },
  H3: {
    area: 'people',
    title: 'Entry and exit monitored at every site; CCTV kept as local rules require',
    keptWhen: 'Badge events in, anomalies out; retention per site with gaps and over-retention found',
  },
  H4: {
    area: 'people',
    title: 'Written security policies',
    keptWhen: 'Versioned, approved, reviewed on schedule, acknowledged; each promise links to its policy',
  },
  P1: {
    area: 'proof',
    title: 'SOC 2, ISO 27001, ISO 42001, GDPR: evidence',
    keptWhen:
      'Each control has live checks over the full population, evidence with an age that goes stale by itself, as-of-date replay, OSCAL export, and an offline verifier',
  },
  P2: {
    area: 'proof',
    title: 'Evidence and pen-test reports under NDA for Enterprise',
    keptWhen:
      'Trust centre: public page, gated documents, NDA versions signed, watermarks, grants that expire, every view logged',
  },
  P3: {
    area: 'proof',
    title: 'We run ourselves on it',
    keptWhen: 'Organisation one is the operator; its page shows this table, live',
  },
} as const satisfies Record<string, SecurityPromise>

export type PromiseId = keyof typeof promises
export const promiseIds = Object.keys(promises) as PromiseId[]
export const isPromiseId = (value: string): value is PromiseId => value in promises
export type PromiseState = 'kept' | 'not_kept' | 'not_built'
