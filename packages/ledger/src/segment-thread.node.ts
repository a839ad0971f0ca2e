import { parentPort, workerData } from 'node:worker_threads'
import { verifySegment, type Segment, type SegmentResult } from './segment.node.ts'

export type SegmentMessage = { entries: number } | { result: SegmentResult }

const send = (message: SegmentMessage) => parentPort?.postMessage(message)
// An error ends this thread, and the thread's owner reads the whole file again: any fault is found, and named, there.
send({ result: verifySegment(workerData as Segment, (entries) => send({ entries })) })
