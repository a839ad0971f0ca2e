import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'

/** Where an installation keeps its files. Each folder is closed to everybody but its owner. */
export interface Home {
  root: string
  /** The local authority's certificate, to be trusted by browsers and the CLI. */
  caFile: string
  postgres: string
  /** Read by the key server and the bootstrap only: master keys, signing keys, the local authority's key. */
  keyServer: string
  app: string
  checkpoints: string
  setupTokenFile: string
  secretsFile: string
  demoFile: string
  /** How to sign in to the example as its Owner. */
  demoSignInFile: string
}

export const homeAt = (directory: string): Home => {
  const root = resolve(directory)
  const app = join(root, 'app')
  return {
    root,
    caFile: join(root, 'ca.pem'),
    postgres: join(root, 'postgres'),
    keyServer: join(root, 'keyserver'),
    app,
    checkpoints: join(app, 'checkpoints'),
    setupTokenFile: join(app, 'setup-token'),
    secretsFile: join(app, 'secrets.json'),
    demoFile: join(root, 'demo.json'),
    demoSignInFile: join(root, 'demo-sign-in.json'),
  }
}

export const makeHome = async (home: Home): Promise<void> => {
  await mkdir(home.root, { recursive: true })
  for (const directory of [home.keyServer, home.app, home.checkpoints]) await mkdir(directory, { recursive: true, mode: 0o700 })
}
