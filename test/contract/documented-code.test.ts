import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { describe, expect, test } from '@jest/globals';
import { parse, validate } from 'graphql';
import * as verifier from '../../packages/verifier/src/index.ts';
import { loadTypeDefs } from '../../src/graphql/schema/type-defs.ts';

const files = execFileSync('git', ['ls-files', '*.md'], { encoding: 'utf8' }).trim().split('\n');

const blocks = files.flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, text]) => ({
    file,
    language,
    text: text ?? '',
    begins: text?.slice(0, 60).split('\n')[0],
  })),
);

test('the code in the documentation is of a known language', () => {
  expect(files).toEqual(expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'bench/README.md']));
  expect(new Set(blocks.map(({ language }) => language))).toEqual(new Set(['sh', 'graphql', 'ts']));
});

test('what the documentation imports of a package is exported there', () => {
  const imports = blocks
    .filter(({ language }) => language === 'ts')
    .flatMap(({ text }) => [...text.matchAll(/^import \{([^}]*)\} from '(@latchkey\/[^']*)';$/gm)]);
  expect(imports.length).toBeGreaterThan(0);
  const modules: Readonly<Record<string, object>> = { '@latchkey/verifier': verifier };
  for (const [, names = '', from = ''] of imports)
    for (const name of names.split(','))
      expect([from, modules[from]]).toEqual([
        from,
        expect.objectContaining({ [name.trim()]: expect.any(Function) }),
      ]);
});

describe('operations in the documentation are valid', () => {
  const schema = buildSubgraphSchema({ typeDefs: loadTypeDefs() });

  test.each(ofLanguage('graphql'))('$file: $begins', ({ text }) => {
    expect(validate(schema, parse(text))).toEqual([]);
  });
});

// An interactive zsh takes `#` for an ordinary word, so that what follows it reaches the command as arguments.
describe('the commands in the documentation paste into any shell', () => {
  test.each(ofLanguage('sh'))('$file: $begins', ({ text }) => {
    expect(text.split('\n').filter((line) => /(^|\s)#/.test(line))).toEqual([]);
    // Placeholders such as `…` are no values.
    expect(text).not.toMatch(/=…/);
    execFileSync('sh', ['-n'], { input: text });
  });
});

function ofLanguage(language: string) {
  return blocks.filter((block) => block.language === language);
}
