import { assertNever } from '@holdfast/domain'
import { contains, ipNumber, type Network, parseCidr, parseIp, readNetwork } from '@holdfast/net'
import type { Comparison, Node, Operand, Path, TextTest } from './ast.ts'

/** Of longer texts only the beginning is looked at, of longer lists the first elements: time is bounded by the expression. */
export const maxText = 10_000
export const maxList = 1_000

export type Matcher = (event: unknown) => boolean

/**
 * Makes a tree into a function. What is absent counts as null. Values of two kinds are unequal, and neither is the
 * greater; so nothing in an event can make it fail.
 */
export function compile(node: Node): Matcher {
  switch (node.kind) {
    case 'and': {
      const parts = node.parts.map(compile)
      return (event) => parts.every((part) => part(event))
    }
    case 'or': {
      const parts = node.parts.map(compile)
      return (event) => parts.some((part) => part(event))
    }
    case 'not': {
      const part = compile(node.part)
      return (event) => !part(event)
    }
    case 'compare': {
      const left = reader(node.left)
      const right = reader(node.right)
      return (event) => compare(left(event), node.comparison, right(event))
    }
    case 'in': {
      const needle = reader(node.needle)
      const haystack = reader(node.haystack)
      return (event) => isIn(needle(event), haystack(event))
    }
    case 'test': {
      const test = tester(node.test, node.argument)
      return (event) => {
        const value = read(event, node.path)
        // Of a list: whether any element passes.
        return Array.isArray(value) ? value.slice(0, maxList).some(test) : test(value)
      }
    }
    case 'has':
      return (event) => read(event, node.path) !== null
    case 'value': {
      const value = reader(node.operand)
      return (event) => value(event) === true
    }
    default:
      return assertNever(node)
  }
}

function reader(operand: Operand): (event: unknown) => unknown {
  if (operand.kind === 'path') return (event) => read(event, operand.path)
  const value = operand.kind === 'scalar' ? operand.value : operand.values
  return () => value
}

/** Members of its own alone: names come from outside. */
function read(event: unknown, path: Path): unknown {
  let value = event
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return null
    const isPlace = typeof part === 'number'
    if (Array.isArray(value) !== isPlace || !Object.hasOwn(value, part)) return null
    value = (value as Record<string | number, unknown>)[part] // as: hasOwn has just shown that it is there
  }
  if (typeof value === 'string' && value.length > maxText) return value.slice(0, maxText)
  return value ?? null
}

const isScalar = (value: unknown): boolean => value === null || typeof value !== 'object'

function compare(left: unknown, comparison: Comparison, right: unknown): boolean {
  if (comparison === '==') return isScalar(left) && left === right
  if (comparison === '!=') return !(isScalar(left) && left === right)
  const isOrdered =
    (typeof left === 'number' && typeof right === 'number') ||
    (typeof left === 'string' && typeof right === 'string')
  if (!isOrdered) return false
  switch (comparison) {
    case '<':
      return left < right
    case '<=':
      return left <= right
    case '>':
      return left > right
    case '>=':
      return left >= right
    default:
      return assertNever(comparison)
  }
}

const isIn = (needle: unknown, haystack: unknown): boolean =>
  isScalar(needle) && Array.isArray(haystack) && haystack.slice(0, maxList).includes(needle)

function tester(test: TextTest, argument: string): (value: unknown) => boolean {
  const on = (judge: (text: string) => boolean) => (value: unknown) =>
    typeof value === 'string' && judge(value.length > maxText ? value.slice(0, maxText) : value)
  switch (test) {
    case 'startsWith':
      return on((text) => text.startsWith(argument))
    case 'endsWith':
      return on((text) => text.endsWith(argument))
    case 'contains':
      return on((text) => text.includes(argument))
    case 'inCidr': {
      const cidr = parseCidr(argument)
      if (!cidr.ok) return () => false // the parser has let none in that is none
      const network = readNetwork(cidr.value)
      return on((text) => isWithin(network, text))
    }
    default:
      return assertNever(test)
  }
}

/** An address, or a network that lies in it whole: `10.10.0.2`, `10.10.0.0/24`, `10.10.0.2:51820`. */
function isWithin(network: Network, text: string): boolean {
  if (text.length > 60) return false
  const address = parseIp(
    text.replace(/^\[(.*)\]:[0-9]+$/, '$1').replace(/^([0-9.]+):[0-9]+$/, '$1'),
  )
  if (address.ok) return contains(network, ipNumber(address.value))
  const inner = parseCidr(text)
  if (!inner.ok) return false
  const { family, first, last } = readNetwork(inner.value)
  return contains(network, { family, value: first }) && contains(network, { family, value: last })
}
