/** One question at a time: everyone who needs a step-up meanwhile waits for the same answer. */
let waiting: ((confirmed: boolean) => void)[] = []
let listener: ((asked: boolean) => void) | null = null

/** Raises the dialog. Resolves true once confirmed; false when closed, or when no dialog is there. */
export const askStepUp = (): Promise<boolean> => {
  if (!listener) return Promise.resolve(false)
  const answer = new Promise<boolean>((resolve) => waiting.push(resolve))
  listener(true)
  return answer
}

export const answerStepUp = (confirmed: boolean): void => {
  const answered = waiting
  waiting = []
  listener?.(false)
  for (const resolve of answered) resolve(confirmed)
}

export const listenStepUp = (next: ((asked: boolean) => void) | null): void => {
  listener = next
}
