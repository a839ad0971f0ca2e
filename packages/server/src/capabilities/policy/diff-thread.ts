import { parentPort, workerData } from 'node:worker_threads'
import { diffLines } from './rules.ts'

const { before, after } = workerData as { before: string; after: string }
parentPort?.postMessage(diffLines(before, after, 2_000))
