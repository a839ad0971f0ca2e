/** What the operator's operations need of the installation itself: the secrets outside the database. A port; `platform/` fills it in. */
export interface Installation {
  databasePasswords: () => Promise<{ name: string; version: number; createdAt: Date }[]>
  /** Gives every database role a new password. Open connections live on; new ones log in with it. Returns the new version. */
  rotateDatabasePasswords: () => Promise<number>
  /** Wraps what lies in files under the current master key; the values stay. Returns how many there were. */
  rewrapSecrets: () => Promise<number>
  /** Data keys wrapped by a master key older than `ring`, of all organisations; names only. */
  staleDataKeys: (ring: number, max: number) => Promise<{ scope: string; version: number }[]>
}
