// Compiles wasm/line.ts into a module of text, which Node runs from the clone, from the published package and in a worker alike.
import { readFileSync, writeFileSync } from 'node:fs'
import { main } from 'assemblyscript/asc'

const options = '--optimizeLevel 3 --runtime stub --noAssert --enable simd --initialMemory 130 --maximumMemory 130'.split(' ')
const source = readFileSync(new URL('../wasm/line.ts', import.meta.url), 'utf8')

const { error } = await main(['line.ts', '--outFile', 'line.wasm', ...options], {
  stderr: process.stderr,
  readFile: (name) => (name === 'line.ts' ? source : null),
  writeFile: (_, contents) => {
    const base64 = Buffer.from(contents as Uint8Array).toString('base64')
    const text = `// Made from wasm/line.ts by npm run artefacts: WebAssembly, in base64.\nexport const lineReader =\n  '${base64}'\n`
    writeFileSync(new URL('../src/line.wasm.ts', import.meta.url), text)
  },
  listFiles: () => null,
})
if (error) throw error
