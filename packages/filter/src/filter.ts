import type { Node } from './ast.ts'
import { compile, type Matcher } from './evaluate.ts'
import { parse } from './parse.ts'

/** An expression that was read. Evaluating it takes time bounded by its length, never throws, and runs no code. */
export interface Filter {
  readonly source: string
  readonly node: Node
  readonly matches: Matcher
}

/** Throws FilterError, which says where and why. */
export function parseFilter(source: string): Filter {
  const node = parse(source)
  return { source, node, matches: compile(node) }
}
