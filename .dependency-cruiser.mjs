// Who may know whom (docs/ARCHITECTURE.md). Tests are free: they put the parts together on purpose.
const test = '\\.(test|bench|fixture)\\.tsx?$|/(test|e2e)/'
const source = (path) => `^packages/${path}`

/** One rule: `from` may not import `to`. */
const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from: { pathNot: test, ...from }, to })

export default {
  forbidden: [
    forbid(
      'no-circle',
      'A circle of imports hides one module that should be two, or three that should be one.',
      {},
      {
        circular: true,
        viaOnly: { dependencyTypesNot: ['type-only'] },
      },
    ),
    forbid('unresolved', 'The import points nowhere.', {}, { couldNotResolve: true }),
    forbid(
      'contract-knows-zod-only',
      'The contract is read by browsers, servers and the CLI.',
      { path: source('contract/src/') },
      {
        pathNot: [source('contract/src/'), 'node_modules/zod/'],
      },
    ),
    forbid(
      'ledger-knows-nobody',
      'Strangers audit and publish it: no dependency. It runs in browsers too, so Node stays in *.node.ts.',
      { path: source('ledger/src/'), pathNot: `${test}|\\.node\\.ts$` },
      {
        pathNot: source('ledger/src/'),
      },
    ),
    forbid(
      'ledger-node-half',
      'The half of the ledger that runs in Node knows node: only.',
      { path: source('ledger/src/.*\\.node\\.ts$') },
      {
        pathNot: source('ledger/src/'),
        dependencyTypesNot: ['core'],
      },
    ),
    forbid(
      'crypto-knows-node-only',
      'Pure functions over node:crypto.',
      { path: source('crypto/src/') },
      {
        pathNot: source('crypto/src/'),
        dependencyTypesNot: ['core'],
      },
    ),
    forbid(
      'saml-knows-no-other-package',
      'What a SAML response proves is decided by itself, and its libraries are nobody else’s.',
      { path: source('saml/src/') },
      {
        path: source('(?!saml/)'),
      },
    ),
    forbid(
      'saml-libraries-stay-inside',
      'Whoever verified XML signatures beside packages/saml would do it without its fences.',
      { path: source('(?!saml/)') },
      {
        path: 'node_modules/(@node-saml/|xml-crypto/|@xmldom/|xml-encryption/|xml2js/)',
      },
    ),
    forbid(
      'kernel-knows-no-adapter',
      'kernel ← capabilities ← main; platform ← main.',
      { path: source('server/src/kernel/') },
      {
        path: source('server/src/(capabilities|platform|main|start)'),
      },
    ),
    forbid(
      'capability-knows-kernel-only',
      'A capability reaches the outside through ports of the kernel.',
      { path: source('server/src/capabilities/') },
      {
        path: source('server/src/(platform|main|start)'),
      },
    ),
    forbid(
      'capabilities-never-meet',
      'A capability calls operations of another through the kernel.',
      { path: source('server/src/capabilities/([^/]+)/') },
      { path: source('server/src/capabilities/'), pathNot: source('server/src/capabilities/$1/') },
    ),
    forbid(
      'platform-knows-no-capability',
      'Adapters implement ports; they know no nouns.',
      { path: source('server/src/platform/') },
      {
        path: source('server/src/(capabilities|main|start)'),
      },
    ),
    forbid(
      'pages-never-meet',
      'What two pages share lives in src/kit, or beside the folders.',
      { path: source('console/src/pages/([^/]+)/') },
      {
        path: source('console/src/pages/[^/]+/'),
        pathNot: source('console/src/pages/$1/'),
      },
    ),
    forbid(
      'kit-knows-no-page',
      'The kit is under the pages.',
      { path: source('console/src/kit/') },
      { path: source('console/src/pages/') },
    ),
    forbid(
      'server-is-a-leaf',
      'Others talk to the server over HTTP.',
      { path: source('(?!server/)') },
      { path: source('server/') },
    ),
    forbid(
      'keyserver-is-a-leaf',
      'Only the server talks to the key server, by its client.',
      { path: source('(?!server/|keyserver/)') },
      {
        path: source('keyserver/'),
      },
    ),
    forbid(
      'console-is-a-leaf',
      'Nobody needs the pages but the browser.',
      { path: source('(?!console/)') },
      { path: source('console/') },
    ),
    forbid('cli-is-a-leaf', 'The CLI is a program, not a library.', { path: source('(?!cli/)') }, { path: source('cli/') }),
    forbid(
      'source-knows-no-test',
      'What runs in production does not depend on test code.',
      { path: source('[^/]+/src/') },
      { path: test },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/(dist|node_modules/\\.[^/]+)/' },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json', '.d.ts'],
      mainFields: ['module', 'main', 'types'],
    },
  },
}
