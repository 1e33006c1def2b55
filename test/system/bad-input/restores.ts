import { fields, type Ground, invalid, type Row } from './row.ts'

/** Points, plans and restores that are not there, and wishes that say nothing, or too much. */
export function restoreRows({ organization }: Pick<Ground, 'organization'>): Row[] {
  const nobody = '01a1fd12-429e-7de0-a997-e5ada8657210'
  const plans = '/restores/plans'
  const beyond = '404 restore.point_not_found'
  const missing = (method: string, path: string, code: string, body?: unknown): Row => ({
    what: `${method} ${path}, which is not there`,
    ...{ method, path, expected: `404 ${code}` },
    ...(body === undefined ? {} : { body }),
  })
  return [
    ...fields('POST', plans, 'to_sequence', {}, [
      ['zero', '0', invalid('to_sequence:pattern')],
      ['a number', 7, invalid('to_sequence:type')],
      ['beyond the log', '900000000000', beyond],
    ]),
    ...fields('POST', plans, 'before_sequence', {}, [
      ['the first, before which there is nothing', '1', invalid('before_sequence:out_of_range')],
    ]),
    ...fields('POST', plans, 'to_time', {}, [
      ['a sequence', '48112', invalid('to_time:malformed')],
      ['without a zone', '2026-04-23T03:00:00', invalid('to_time:out_of_range')],
      ['before there was anything', '1999-01-01T00:00:00Z', invalid('to_time:out_of_range')],
    ]),
    ...fields('POST', plans, 'to_time', { to_sequence: '2' }, [
      ['beside a sequence', '2026-04-23T03:00:00Z', invalid('to_time:required')],
    ]),
    ...fields('POST', plans, 'only', { to_sequence: '2', organization_id: organization }, [
      ['cats', ['cats'], '400 restore.scope_unknown'],
      ['shouted', ['PEER'], invalid('only:malformed')],
    ]),
    ...fields('POST', plans, 'organization_id', { to_sequence: '2' }, [
      ['of nobody', nobody, '404 auth.organization_not_found'],
    ]),
    ...fields('POST', plans, 'force', { to_sequence: '2' }, [
      ['unknown here', true, invalid('force:unknown_field')],
    ]),
    {
      what: 'a plan to nowhere',
      ...{ method: 'POST', path: plans, body: {}, expected: invalid('to_sequence:required') },
    },
    missing('GET', `${plans}/${nobody}`, 'restore.plan_not_found'),
    missing('GET', `${plans}/latest/changes`, 'restore.plan_not_found'),
    missing('POST', '/restores', 'restore.plan_not_found', { plan_id: nobody }),
    missing('GET', `/restores/${nobody}`, 'restore.not_found'),
    missing('POST', `/restores/${nobody}/undo`, 'restore.not_found', {}),
    missing('POST', '/undo', 'restore.point_not_found', { sequence: '900000000000' }),
    missing('GET', '/restores/points/900000000000', 'restore.point_not_found'),
    ...fields('POST', '/undo', 'sequence', {}, [
      ['zero', '0', invalid('sequence:pattern')],
      ['words', 'the last one', invalid('sequence:pattern')],
    ]),
    ...fields('POST', '/restores', 'reason', { plan_id: nobody }, [
      ['501 characters', 'x'.repeat(501), invalid('reason:too_long')],
    ]),
    {
      what: 'points of a kind there is not',
      ...{ method: 'GET', path: '/restores/points?kind=cat', expected: invalid('kind:one_of') },
    },
    {
      what: 'points since a while',
      ...{ method: 'GET', path: '/restores/points?from=7d', expected: invalid('from:malformed') },
    },
  ]
}
