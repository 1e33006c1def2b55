import { type Field, fields, type Ground, invalid, type Row } from './row.ts'

/** People and organizations. */
export function accountRows(ground: Ground): Row[] {
  const right = { username: 'fresh.user', email: 'fresh@example.org' }
  const on = (name: string, rows: readonly Field[]) => fields('POST', '/users', name, right, rows)
  const outsider = { role: 'viewer', organization_id: '01a1fd12-429e-7de0-a997-e5ada8657210' }
  return [
    ...on('username', [
      ['two characters', 'ab', invalid('username:username_invalid')],
      ['a NUL byte', 'a\u0000bc', invalid('username:username_invalid')],
      ['a Greek o', 'r\u03bfot', invalid('username:username_invalid')],
      ['taken', 'admin', '409 auth.username_taken'],
      ['taken in other letters', 'ADMIN', '409 auth.username_taken'],
    ]),
    ...on('email', [
      ['no at', 'fresh', invalid('email:email_invalid')],
      ['a line break', 'a@example.org\nBcc: b@example.org', invalid('email:email_invalid')],
    ]),
    ...on('password', [
      ['11 characters', 'x'.repeat(11), invalid('password:password_length')],
      ['257 characters', 'x'.repeat(257), invalid('password:password_length')],
    ]),
    ...on('bindings', [
      ['an unknown role', [{ role: 'root' }], invalid('bindings[0].role:one_of')],
      ['a role nowhere', [{ role: 'viewer' }], invalid('bindings[0]:required')],
      [
        'a super-admin somewhere',
        [{ role: 'super_admin', organization_id: ground.organization }],
        invalid('bindings[0]:organization_unexpected'),
      ],
      ['an organization nobody knows', [outsider], '404 auth.organization_not_found'],
    ]),
    ...fields('POST', '/organizations', 'name', {}, [
      ['empty', '', invalid('name:too_short')],
      ['blanks', '  ', invalid('name:required')],
      ['a control character', 'a\u0007', invalid('name:control_character')],
      ['129 characters', 'x'.repeat(129), invalid('name:too_long')],
    ]),
    {
      what: 'deleting an organization with sites',
      method: 'DELETE',
      path: `/organizations/${ground.organization}`,
      expected: '409 auth.organization_not_empty',
    },
    {
      what: 'deleting a node with interfaces',
      method: 'DELETE',
      path: `/nodes/${ground.node}`,
      expected: '409 network.node_not_empty',
    },
    {
      what: 'disabling the only super-admin',
      method: 'PATCH',
      path: '/users/admin',
      body: { is_disabled: true },
      expected: '409 auth.last_super_admin',
    },
  ]
}
