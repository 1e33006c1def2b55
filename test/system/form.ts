import type { Api } from './api.ts'
import { Refused } from './api.ts'

/** Sends a file as a form, with fields beside it. */
export async function sendForm<T>(
  api: Api,
  path: string,
  file: Uint8Array,
  fields: Readonly<Record<string, string>> = {},
): Promise<T> {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  form.append('file', new Blob([new Uint8Array(file)]), 'snapshot.hfsnap')
  const response = await fetch(`${api.url}/api/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.token}` },
    body: form,
    signal: AbortSignal.timeout(60_000),
  })
  const body = (await response.json()) as T & Refused['problem']
  if (!response.ok) throw new Refused(response.status, body, `POST ${path}`)
  return body
}
