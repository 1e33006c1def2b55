import type { Ingest } from '../ingest.ts'

/** Who was let in and who was not; `access.<service>`. */
export const accessStream = 'ACCESS'
export const accessContext = 'access'

/** Who stands at a door; audit at that of the trail itself. */
const writers = ['auth', 'gateway', 'audit'] as const
export type AccessWriter = (typeof writers)[number]

export const accessSubject = (service: string): string => `${accessContext}.${service}`

/** As for the log (ingest.ts): each writer's token is known to it alone. */
export const accessPermission = (ingest: Ingest, service: AccessWriter): string =>
  `in.${ingest.token(`${accessContext}-${service}`)}.${accessSubject(service)}`

/** Subjects of the stream. */
export const accessSubjects = (ingest: Ingest): readonly string[] =>
  writers.map((service) => accessPermission(ingest, service))

export const accessTransform = { src: 'in.*.access.*', dest: 'access.{{wildcard(2)}}' } as const
