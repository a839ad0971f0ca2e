import { Problem, problemFields } from '../problem.ts'
import { versionNumber } from '../requests.ts'
import { issuesOf, parse, type Route } from '../route.ts'
import { AuthorityRequest, CertificateRequest, CertificatesRequest, OrganisationRequest, RevocationsRequest } from './requests.ts'
import type { SignedCertificate, SshSigner } from './signer.ts'

type Answer = SignedCertificate | { problem: Record<string, unknown> }

/** A refusal among several is no reason to leave the others unsigned. */
const answerOne = async (signer: SshSigner, item: unknown): Promise<Answer> => {
  try {
    const request = CertificateRequest.safeParse(item)
    if (request.success) return await signer.certificate(request.data)
    throw new Problem('certificate_refused', 'not what is signed here', { errors: issuesOf(request.error) })
  } catch (error) {
    if (error instanceof Problem) return { problem: problemFields(error) }
    throw error
  }
}

export const sshRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: /^\/v1\/ssh\/authorities$/,
    name: '/v1/ssh/authorities',
    handle: ({ sshAuthorities }, body) => sshAuthorities.ensure(parse(OrganisationRequest, body).org),
  },
  {
    method: 'POST',
    path: /^\/v1\/ssh\/authorities\/rotate$/,
    name: '/v1/ssh/authorities/rotate',
    handle({ sshAuthorities }, body) {
      const { org, purpose } = parse(AuthorityRequest, body)
      return sshAuthorities.rotate(org, purpose)
    },
  },
  {
    method: 'DELETE',
    path: /^\/v1\/ssh\/authorities\/([a-z0-9_-]{1,64})\/([a-z]{1,20})\/versions\/(\d{1,9})$/,
    name: '/v1/ssh/authorities/:org/:purpose/versions/:version',
    handle({ sshAuthorities }, _body, [org, name, version]) {
      const { purpose } = parse(AuthorityRequest, { org, purpose: name })
      return sshAuthorities.retire(org ?? '', purpose, parse(versionNumber, version))
    },
  },
  {
    method: 'POST',
    path: /^\/v1\/ssh\/certificates$/,
    name: '/v1/ssh/certificates',
    async handle({ sshSigner }, body) {
      const { items } = parse(CertificatesRequest, body)
      return { items: await Promise.all(items.map((item) => answerOne(sshSigner, item))) }
    },
  },
  {
    method: 'POST',
    path: /^\/v1\/ssh\/revocations$/,
    name: '/v1/ssh/revocations',
    async handle({ sshSigner }, body) {
      const bundle = await sshSigner.revocations(parse(RevocationsRequest, body))
      return { bundle: bundle.toString('base64') }
    },
  },
]
