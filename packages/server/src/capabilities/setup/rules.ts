export { slugOf } from '../../kernel/slug.ts'
