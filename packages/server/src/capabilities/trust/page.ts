import { areas, type PublicPromise } from './state.ts'

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character] ?? '')

const words = { kept: 'Kept', not_kept: 'Not kept', not_built: 'Not built yet' } as const

/** Times in UTC, to the minute, with the exact one behind it. */
const time = (instant: string | null): string =>
  instant === null
    ? ''
    : `<time datetime="${instant}" title="${instant}">${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC</time>`

const row = ({ id, title, state, checkedAt, proof }: PublicPromise): string => `<li id="${id}" class="${state}">
<a class="id" href="#${id}">${id}</a>
<div><h3>${escape(title)}</h3><p>${escape(proof)}</p></div>
<p class="state"><strong>${words[state]}</strong>${checkedAt === null ? '' : `<small>checked ${time(checkedAt)}</small>`}</p>
</li>`

const styles = `
:root{color-scheme:light dark;--ink:#16212b;--soft:#56646f;--line:#d8dee3;--paper:#fff;--kept:#0b6b4f;--broken:#a3261d;--absent:#56646f}
@media(prefers-color-scheme:dark){:root{--ink:#e3e9ed;--soft:#9aa8b3;--line:#2b3741;--paper:#10171d;--kept:#5cc9a1;--broken:#ff8f84;--absent:#9aa8b3}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:56rem;margin:0 auto;padding:2.5rem 1rem 4rem}
h1{font-size:1.75rem;margin:0 0 .25rem}h2{font-size:1.05rem;margin:2.5rem 0 .25rem}h3{font-size:1rem;margin:0;font-weight:600}
p{margin:.25rem 0}header p,li p,footer{color:var(--soft)}a{color:inherit}
ul{list-style:none;margin:0;padding:0}li{display:grid;grid-template-columns:3rem 1fr 10rem;gap:.75rem;padding:.9rem 0;border-top:1px solid var(--line)}
li:target{outline:2px solid var(--kept);outline-offset:4px}
.id{font:600 .9rem/1.6 ui-monospace,monospace;text-decoration:none}.state{text-align:right}.state small{display:block;font-size:.8rem;color:var(--soft)}
.kept strong{color:var(--kept)}.not_kept strong{color:var(--broken)}.not_built strong{color:var(--absent)}
.kept strong::before{content:"✓ "}.not_kept strong::before{content:"✗ "}.not_built strong::before{content:"○ "}
.sum{display:flex;flex-wrap:wrap;gap:.4rem 1.5rem;margin:1.25rem 0 0;padding:.75rem 0;border-block:1px solid var(--line);font-variant-numeric:tabular-nums}
footer{margin-top:3rem;font-size:.9rem}
@media(max-width:640px){li{grid-template-columns:2.5rem 1fr}.state{grid-column:2;text-align:left}.state small{display:inline;margin-left:.5rem}}
@media print{li{break-inside:avoid}a{text-decoration:none}}`

/** The public trust page: a document, printable, without script. Every state on it comes from a check that ran. */
export const trustPage = (promises: readonly PublicPromise[], organisation: string | null): string => {
  const count = (state: PublicPromise['state']): number => promises.filter((promise) => promise.state === state).length
  const sections = areas.map(
    ([area, heading]) => `<section aria-labelledby="${area}"><h2 id="${area}">${heading}</h2><ul>
${promises
  .filter((promise) => promise.area === area)
  .map(row)
  .join('\n')}
</ul></section>`,
  )
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Trust${organisation === null ? '' : ` · ${escape(organisation)}`}</title><link rel="icon" href="/holdfast.svg" type="image/svg+xml"><style>${styles}</style></head>
<body><main><header><h1>${organisation === null ? 'Trust' : `${escape(organisation)}: what we promise`}</h1>
<p>Each promise below is checked by this installation itself, while it runs. One that is not checked, or whose check failed or is over an hour old, does not count as kept.</p>
<p class="sum"><span>${count('kept')} kept</span><span>${count('not_kept')} not kept</span><span>${count('not_built')} not built yet</span></p></header>
${sections.join('\n')}
<footer>As data: <a href="/trust.json">trust.json</a></footer></main></body></html>`
}
