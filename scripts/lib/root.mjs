import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The top directory of the clone. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** An absolute path inside the clone. */
export const at = (...parts) => join(root, ...parts)
