// Compiles wasm/line.ts into a module that Node runs from the clone, from the published package and in a worker alike: it is only text.
import { readFileSync, writeFileSync } from 'node:fs'
import { main } from 'assemblyscript/asc'

const source = 'packages/ledger/wasm/line.ts'
const target = new URL('../src/line.wasm.ts', import.meta.url)
const options = [
  '--optimizeLevel', '3', '--runtime', 'stub', '--noAssert', '--enable', 'simd', '--initialMemory', '130', '--maximumMemory', '130',
] // prettier-ignore

let wasm: Uint8Array | undefined
const { error, stderr } = await main(['line.ts', '--outFile', 'line.wasm', ...options], {
  readFile: (name) => (name === 'line.ts' ? readFileSync(new URL('../wasm/line.ts', import.meta.url), 'utf8') : null),
  writeFile: (_, contents) => {
    wasm = contents as Uint8Array
  },
  listFiles: () => null,
})
if (error ?? !wasm) throw new Error(`${source} does not compile:\n${stderr.toString()}`)
writeFileSync(
  target,
  `// Made from wasm/line.ts by npm run artefacts: WebAssembly, in base64.
export const lineReader =
  '${Buffer.from(wasm!).toString('base64')}'
`,
)
