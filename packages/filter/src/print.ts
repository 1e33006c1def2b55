import type { Node, Operand, Path, Scalar } from './ast.ts'

/** The expression in its one spelling; `parse` makes the same tree of it. */
export function print(node: Node): string {
  switch (node.kind) {
    case 'or':
      return node.parts
        .map((part) => (part.kind === 'or' ? `(${print(part)})` : print(part)))
        .join(' || ')
    case 'and':
      return node.parts
        .map((part) =>
          part.kind === 'or' || part.kind === 'and' ? `(${print(part)})` : print(part),
        )
        .join(' && ')
    case 'not':
      return isBare(node.part) ? `!${print(node.part)}` : `!(${print(node.part)})`
    case 'compare':
      return `${printOperand(node.left)} ${node.comparison} ${printOperand(node.right)}`
    case 'in':
      return `${printOperand(node.needle)} in ${printOperand(node.haystack)}`
    case 'test':
      return `${printPath(node.path)}.${node.test}(${printScalar(node.argument)})`
    case 'has':
      return `has(${printPath(node.path)})`
    case 'value':
      return printOperand(node.operand)
  }
}

/** What `!` may stand before without parentheses. */
const isBare = ({ kind }: Node): boolean =>
  kind === 'not' || kind === 'test' || kind === 'has' || kind === 'value'

const printOperand = (operand: Operand): string =>
  operand.kind === 'path'
    ? printPath(operand.path)
    : operand.kind === 'scalar'
      ? printScalar(operand.value)
      : `[${operand.values.map(printScalar).join(', ')}]`

const printPath = (path: Path): string =>
  path
    .map((part, i) =>
      i === 0
        ? part
        : typeof part === 'string' && /^[A-Za-z_][A-Za-z0-9_]*$/.test(part)
          ? `.${part}`
          : `[${typeof part === 'number' ? part : printScalar(part)}]`,
    )
    .join('')

function printScalar(value: Scalar): string {
  if (typeof value !== 'string') return String(value)
  let text = '"'
  for (const c of value.split('')) {
    const code = c.charCodeAt(0)
    if (c === '"' || c === '\\') text += `\\${c}`
    else if (code < 0x20 || code === 0x7f) text += `\\u${code.toString(16).padStart(4, '0')}`
    else text += c
  }
  return `${text}"`
}
