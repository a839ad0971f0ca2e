const words: Partial<Record<string, string>> = {
  ENOENT: 'there is no such file or directory',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is no directory',
  EACCES: 'you are not permitted to',
  EPERM: 'you are not permitted to',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left',
  EDQUOT: 'no space is left for you',
  ENAMETOOLONG: 'the name is too long',
}

/** What the system says about a file, for a person; its code behind, for whoever looks it up. */
export const fileTrouble = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  if (code === undefined) return error instanceof Error ? error.message : String(error)
  const known = words[code]
  return known === undefined ? code : `${known} (${code})`
}
