import type { Command } from 'commander'

/** The options of every command that talks to a server. */
export const addServerOptions = (command: Command): Command =>
  command
    .option('--url <url>', 'the server (HOLDFAST_URL)')
    .option('--ca <file>', 'PEM file of the authority that signed its certificate (HOLDFAST_CA)')
