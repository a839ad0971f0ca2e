/** Password hashing (argon2id), behind a semaphore, since each hash costs a core for some 15 ms. */
export interface Passwords {
  hash: (password: string) => Promise<string>
  /** Hashes against a dummy when `stored` is null, so that unknown people take as long as known ones. */
  verify: (stored: string | null, password: string) => Promise<boolean>
  /** Whether the password is among the most used ones. */
  isCommon: (password: string) => boolean
}
