import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { generated } from '../artefacts.mjs'
import { at } from '../lib/root.mjs'
import { captureNode } from '../lib/run.mjs'

const read = (file) => (existsSync(at(file)) ? readFileSync(at(file), 'utf8') : undefined)

/** Runs every generator and compares what it writes with what is checked in, which is put back as it was. */
export async function artefacts() {
  const problems = []
  for (const { generator, files } of generated) {
    const before = files.map((file) => read(file))
    const { code, output } = await captureNode([at(generator)])
    if (code !== 0) problems.push(`${generator} failed:\n${output}`)
    files.forEach((file, index) => {
      const after = read(file)
      if (after === undefined) problems.push(`${generator} did not write ${file}`)
      else if (after !== before[index])
        problems.push(`${file} is not what ${generator} writes: run npm run artefacts and commit it`)
      if (before[index] !== undefined && after !== before[index]) writeFileSync(at(file), before[index])
    })
  }
  const count = generated.flatMap(({ files }) => files).length
  return {
    ok: problems.length === 0 && count > 0,
    output: problems.join('\n'),
    summary: `${count} files from ${generated.length} generators`,
  }
}
