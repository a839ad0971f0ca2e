import { request } from 'node:https'
import type { RunningSystem } from '../test/system.ts'

export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
  json: () => unknown
}

/** GET over TLS that trusts the installation's own authority and nothing else. */
export const get = ({ url, ca }: Pick<RunningSystem, 'url' | 'ca'>, path: string, apiKey?: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }
    const asked = request(url + path, { ca, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', reject)
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString()
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: () => JSON.parse(text) as unknown })
      })
    })
    asked.once('error', reject)
    asked.end()
  })
