import { parentPort } from 'node:worker_threads'
import { validateResponse } from './validate.ts'
import type { Expected, Settings } from './verdict.ts'

export interface Task {
  settings: Settings
  base64: string
  now: Date
  expected: Expected
}

parentPort?.on('message', ({ settings, base64, now, expected }: Task) => {
  void validateResponse(settings, base64, now, expected).then((verdict) => parentPort?.postMessage(verdict))
})
parentPort?.postMessage('ready')
