/** What the process of a test is told. */
export interface RestoreProcessWish {
  readonly natsUrl: string
  readonly credentialsFile: string
  readonly stream: string
  readonly postgresUrl: string
  readonly archiveDir: string
}

export const testLeaseMs = 500
export const testRetryMs = 50
export const testPollMs = 100
