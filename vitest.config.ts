import { defineConfig } from 'vitest/config'

const shared = {
  environment: 'node' as const,
  passWithNoTests: true,
  setupFiles: ['test/property-seed.ts'],
}

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          sequence: { groupOrder: 0 },
          // The default leaves one core idle; these tests wait for nothing.
          maxWorkers: '100%',
          // A unit test takes milliseconds; a busy machine is no reason to fail it.
          testTimeout: 30_000,
          hookTimeout: 30_000,
          include: [
            '{packages,services}/*/src/**/*.test.ts',
            '{cli,runtime}/src/**/*.test.ts',
            'test/contract/**/*.test.ts',
          ],
          exclude: ['**/*.int.test.ts', '**/node_modules/**'],
        },
      },
      {
        test: {
          ...shared,
          name: 'int',
          sequence: { groupOrder: 1 },
          include: [
            '{packages,services}/*/src/**/*.int.test.ts',
            '{cli,runtime}/src/**/*.int.test.ts',
            'test/restore/**/*.int.test.ts',
          ],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          ...shared,
          name: 'system',
          sequence: { groupOrder: 2 },
          include: ['test/system/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
          maxWorkers: 1,
        },
      },
    ],
  },
})
