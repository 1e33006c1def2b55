import manifest from '../package.json' with { type: 'json' }

/** The release this command came with. */
export const version: string = manifest.version
