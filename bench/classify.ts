// What judging a packet costs, and what it grows with: nanoseconds a packet by number of rules, kind of traffic and
// family, beside a program that only parses and one that looks at line after line; then what a firewall adds to a
// packet's way through the kernel, ours beside iptables and nftables. Ratios come from one run whose programs take
// turns; absolute figures belong to the machine. Nothing is asserted.
//
//   npx tsx bench/classify.ts [--quick]      (as root; needs clang 14, ip and nft; iptables when there)
import { cpus, release } from 'node:os'
import { type CaseTimes, openClassifier, type Times } from './firewall/classifier.ts'
import { compareFirewalls, growth, openSender, type RoadTimes } from './firewall/end-to-end.ts'
import { loadText, median, stayOnCpu } from './firewall/measure.ts'
import { type Bar, bars, count, ns, table, times } from './firewall/print.ts'
import {
  anyLengthCases,
  filterSetCases,
  filterSetFolder,
  plannedCases,
  type RuleSetCase,
  sizes,
} from './firewall/rule-sets.ts'

const isQuick = process.argv.includes('--quick')
const turns = isQuick ? 3 : 7
const cpu = cpus().length - 1
stayOnCpu(cpu)
console.log(
  `${cpus()[0]?.model.trim()}, ${cpus().length} CPUs, Linux ${release()}; medians of ${turns} turns on CPU ${cpu}`,
)
console.log(loadText())

type Beside = Pick<Times, 'empty' | 'floor'>
const raw = (of: number, { floor }: Beside): number => of / floor
const net = (of: number, { floor, empty }: Beside): number => (of - empty) / (floor - empty)

const filterSets = filterSetCases([4, 6])
const cases: readonly RuleSetCase[] = isQuick
  ? [
      ...plannedCases([4], [10, 10_000, 100_000], ['firewall']),
      ...plannedCases([6], [10_000], ['firewall']),
      ...filterSets.filter(({ size }) => size === 10_000),
    ]
  : [
      ...plannedCases([4, 6], sizes),
      ...filterSets,
      ...anyLengthCases([4, 6], [10_000, 100_000], ['acl', 'firewall']),
    ]
if (filterSets.length === 0) console.log(`no filter sets in ${filterSetFolder}: seeded ones only`)

console.log(`
Nanoseconds a packet. empty: the harness alone. floor: reads and parses. search: and finds the line that decides.
judge: all that happens on a device (flow cache, with 64 k flows nearly always missed, search, counters). hit: judge
with 1,000 active flows. scan: line after line. Ratios are to the floor: as measured, then (net) with the harness taken
off both.
`)
const widths = [26, 7, 6, 6, 5, 5, 6, 6, 6, 6, 6, 6, 6, 6, 6, 7, 6]
const row = (cells: readonly string[]): string =>
  cells
    .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
    .join(' ')
console.log(
  row([
    ...['', 'rules', 'tuples', 'flows', 'empty', 'floor'],
    ...['search', '×', 'net', 'judge', '×', 'net', 'hit', '×', 'net', 'scan', '×'],
  ]),
)

function rowsOf({ of, metrics, traffic, active }: CaseTimes): string[] {
  const ratios = (value: number, beside: Beside): string[] => [
    ns(value),
    times(raw(value, beside)),
    times(net(value, beside)),
  ]
  return traffic.map((each) =>
    row([
      `${of.name} v${of.family} ${each.kind}`,
      count(metrics.rules),
      count(metrics.tuples),
      count(each.flows),
      ns(each.empty),
      ns(each.floor),
      ...ratios(each.search, each),
      ...ratios(each.judge, each),
      ...(each.kind === 'uniform' ? ratios(active.judge, active) : ['', '', '']),
      ns(each.scan),
      times(raw(each.scan, each)),
    ]),
  )
}

const classifier = openClassifier()
const results: CaseTimes[] = []
for (const of of cases) {
  const result = classifier.measure(of, turns)
  if (typeof result === 'string') {
    console.log(row([`${of.name} v${of.family}`, count(of.size)]), `  refused: ${result}`)
    continue
  }
  results.push(result)
  for (const text of rowsOf(result)) console.log(text)
}
classifier.close()

const sum = (of: (result: CaseTimes) => number): number =>
  results.reduce((total, result) => total + of(result), 0)
console.log(
  `\n${count(sum(({ compared }) => compared))} answers of the search compared with the scan's: ${sum(({ differing }) => differing)} differ`,
)
console.log(loadText())

type Figure = 'search' | 'judge'
const figures: readonly Figure[] = ['search', 'judge']
const uniform = ({ traffic }: CaseTimes) => traffic.find(({ kind }) => kind === 'uniform')
const at = (result: CaseTimes | undefined, figure: Figure): number =>
  (result && uniform(result)?.[figure]) ?? Number.NaN
const ratioOf = (result: CaseTimes, figure: Figure): number => {
  const each = uniform(result)
  return each ? raw(each[figure], each) : Number.NaN
}
const find = (name: string, family: number, size: number): CaseTimes | undefined =>
  results.find(({ of }) => of.name === name && of.family === family && of.size === size)

function classifyBars(): Bar[] {
  return figures.flatMap((figure) => {
    const list: Bar[] = []
    for (const [origin, what] of [
      ['filter set', 'filter sets'],
      ['planned', 'seeded sets'],
    ] as const) {
      const ratios = results
        .filter(({ of }) => of.origin === origin && of.size === 10_000 && of.family === 4)
        .map((result) => ratioOf(result, figure))
      if (ratios.length === 0) continue
      const text = `${figure} / floor, 10 k rules, uniform, ${ratios.length} ${what}`
      list.push(
        { what: `${text}: middle`, value: middle(ratios), bar: 4.5, stretch: 3.2, unit: '×' },
        { what: `${text}: greatest`, value: Math.max(...ratios), bar: 8, unit: '×' },
      )
    }
    const growths = results
      .filter(({ of }) => of.origin === 'planned' && of.size === 100_000)
      .map(({ of }) => ({
        text: `${of.name} v${of.family}`,
        value:
          at(find(of.name, of.family, 100_000), figure) / at(find(of.name, of.family, 10), figure),
      }))
    for (const { text, value } of growths) {
      if (Number.isNaN(value)) continue
      list.push({
        what: `${figure}, 100 k / 10 rules, uniform, ${text}`,
        value,
        bar: 6,
        stretch: 4,
        unit: '×',
      })
    }
    const families = results
      .filter(({ of }) => of.family === 6 && of.origin !== 'any lengths')
      .map(
        ({ of }) => at(find(of.name, 6, of.size), figure) / at(find(of.name, 4, of.size), figure),
      )
      .filter((value) => !Number.isNaN(value))
    if (families.length > 0) {
      const text = `${figure}, IPv6 / IPv4, uniform, ${families.length} sets`
      list.push(
        { what: `${text}: middle`, value: middle(families), bar: 1.6, unit: '×' },
        { what: `${text}: greatest`, value: Math.max(...families), bar: 1.6, unit: '×' },
      )
    }
    return list
  })
}

/** Of an even number the mean of the two in the middle. */
function middle(values: readonly number[]): number {
  return (median(values) - median(values.map((value) => -value))) / 2
}

console.log(
  '\nThrough the kernel: a packet arrives on a veth, meets the firewall, and is dropped at one and the same',
)
console.log(
  'place behind it. Every rule allows. Nanoseconds a packet: all of the way, and what is added to it.\n',
)
const roadRow = ({ name, whole, added }: RoadTimes): string[] => [name, ns(whole), ns(added)]
const sender = openSender()
const filterSet = filterSets.filter(({ size, family }) => size === 10_000 && family === 4)
const [planned] = plannedCases([4], [10_000], ['acl'])
const compared = isQuick ? [filterSet[0] ?? planned] : [...filterSet, planned]
const roadBars: Bar[] = []
for (const of of compared) {
  if (!of) continue
  const { times: roads, notes } = compareFirewalls(sender, of, turns + 2)
  console.log(table([`${of.name}, 10 k rules`, 'whole', 'added'], roads.map(roadRow)))
  for (const note of notes) console.log(`  ${note}`)
  const added = (name: string): number =>
    roads.find((road) => road.name === name)?.added ?? Number.NaN
  const ours = added('ours, TC')
  for (const [name, bar, stretch] of [
    ['iptables-legacy', 100, 200],
    ['nftables rule list', 200, 400],
    ['nftables map', 2, 5],
  ] as const) {
    roadBars.push({
      what: `added by ${name} / by ours, 10 k rules, ${of.name}`,
      value: added(name) / ours,
      bar,
      stretch,
      isLeast: true,
      unit: '×',
    })
  }
}

for (const shape of isQuick ? (['firewall'] as const) : (['acl', 'firewall'] as const)) {
  const roads = growth(
    sender,
    plannedCases([4], isQuick ? [10, 100_000] : sizes, [shape]),
    turns * 2,
  )
  console.log(`\n${table(['1,000 active flows, ours', 'whole', 'added'], roads.map(roadRow))}`)
  roadBars.push({
    what: `whole way, 1,000 active flows, 100 k / 10 rules, ${shape}`,
    value: (roads.at(-1)?.whole ?? Number.NaN) / (roads[1]?.whole ?? Number.NaN),
    bar: 1.1,
    stretch: 1.05,
    unit: '×',
  })
}
sender.close()

console.log(`\n${loadText()}\n`)
console.log(bars([...classifyBars(), ...roadBars]))
