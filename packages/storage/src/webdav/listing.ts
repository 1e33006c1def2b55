import { parseXML } from 'webdav'
import { StorageInvalidAnswer } from '../errors.ts'

/** What a folder holds, itself included. */
export interface Entry {
  /** Of the URL, decoded, without the last slash. */
  readonly path: string
  readonly isFolder: boolean
  readonly size: number
  readonly modifiedAtUnixMs: number
}

export const propfind = `<?xml version="1.0" encoding="utf-8"?>
<propfind xmlns="DAV:"><prop><resourcetype/><getcontentlength/><getlastmodified/></prop></propfind>`

export async function entriesOf(xml: string, base: string): Promise<readonly Entry[]> {
  try {
    const { multistatus } = await parseXML(xml)
    return multistatus.response.map((response) => {
      const { pathname } = new URL(String(response.href), base)
      const prop: Readonly<Record<string, unknown>> = { ...response.propstat?.prop }
      const kind = prop['resourcetype']
      return {
        path: plainPath(pathname),
        isFolder:
          pathname.endsWith('/') ||
          (typeof kind === 'object' && kind !== null && 'collection' in kind),
        size: Number(prop['getcontentlength'] ?? 0),
        modifiedAtUnixMs: Date.parse(String(prop['getlastmodified'] ?? '')) || 0,
      }
    })
  } catch (cause) {
    throw StorageInvalidAnswer({ why: 'a folder was answered with what is no WebDAV list' }, cause)
  }
}

export const plainPath = (pathname: string): string =>
  decodeURIComponent(pathname).replace(/\/+$/, '')
