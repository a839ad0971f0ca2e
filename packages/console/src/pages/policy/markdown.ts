import DOMPurify from 'dompurify'
import MarkdownIt from 'markdown-it'

const parser = new MarkdownIt({ html: false, linkify: true, typographer: false })

// The page's own title is the first heading: those of the text go one step down, so that the outline stays true.
parser.core.ruler.push('headings_one_down', (state) => {
  for (const token of state.tokens) {
    if (token.type !== 'heading_open' && token.type !== 'heading_close') continue
    token.tag = `h${Math.min(6, Number(token.tag.slice(1)) + 1)}`
  }
})

/**
 * A policy's text as safe HTML. Two fences: the parser escapes HTML, and what it makes is sanitised again. Pictures are left out: one from
 * elsewhere would tell a stranger who reads the policy, and when.
 */
export const renderMarkdown = (text: string): string =>
  DOMPurify.sanitize(parser.render(text), {
    USE_PROFILES: { html: true },
    FORBID_TAGS: ['img', 'style', 'form', 'input', 'button', 'iframe', 'audio', 'video'],
    FORBID_ATTR: ['style', 'class', 'id'],
  })
