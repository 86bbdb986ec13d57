import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fieldsOf, guardsOf, interfacesOf } from './definitions.js';
import { subgraphs } from './subgraphs.js';

/**
 * What holds for Latchkey and another subgraph, whoever composes them. `compose` answers with the composer's `errors`, or the
 * composed `document`, the `guards` that its router enforces, and `servedBy`: the subgraphs that serve a type by its key.
 */
export function testComposer(name, { parse, compose }) {
  const composed = (variant) => {
    const result = compose(subgraphs(variant));
    assert.deepEqual(result.errors, []);
    return result;
  };

  describe(name, () => {
    for (const variant of ['plain', 'with directives']) {
      test(`composes the schema ${variant}, and every field keeps its type`, () => {
        const fields = new Set(fieldsOf(composed(variant).document));
        const expected = subgraphs(variant).flatMap(({ sdl }) => fieldsOf(parse(sdl)));
        for (const field of ['User.email: String', 'Task.owner: User!']) assert.ok(expected.includes(field));
        assert.deepEqual(
          expected.filter((field) => !fields.has(field)),
          [],
        );
      });
    }

    test('joins User from both subgraphs, and both answer PageInfo', () => {
      const { document, servedBy } = composed('plain');
      const fields = fieldsOf(document);
      assert.ok(fields.includes('User.email: String'));
      assert.ok(fields.includes('User.tasks: TaskConnection'));
      assert.deepEqual(servedBy('User', 'id'), ['auth', 'tasks']);
      assert.deepEqual(servedBy('Session', 'id'), ['auth']);
      assert.deepEqual(servedBy('PageInfo'), ['auth', 'tasks']);
    });

    test('refuses PageInfo without @shareable: no other subgraph could have pages', () => {
      const [auth, tasks] = subgraphs('plain');
      const sdl = auth.sdl.replace(/type PageInfo\s+@shareable/, 'type PageInfo');
      assert.notEqual(sdl, auth.sdl);
      assert.match(compose([{ ...auth, sdl }, tasks]).errors.join('\n'), /PageInfo/);
    });

    test('leaves the plain schema to routers that know nothing of guards', () => {
      const { document, guards } = composed('plain');
      assert.deepEqual([...guardsOf(document), ...guards], []);
      assert.doesNotMatch(
        JSON.stringify(document),
        /specs\.apollo\.dev\/(authenticated|requiresScopes|policy)\//,
      );
    });

    test('keeps every guard of the schema with directives, and has none on an interface', () => {
      const own = parse(subgraphs('with directives')[0].sdl);
      const expected = guardsOf(own);
      assert.ok(expected.length > 0);
      // A router that guards a field of an interface does not guard the objects behind it: CVE-2025-64530.
      const onInterfaces = expected.filter((guard) => interfacesOf(own).includes(guard.split(/[. ]/, 1)[0]));
      assert.deepEqual(onInterfaces, []);
      assert.deepEqual(composed('with directives').guards.toSorted(), expected.toSorted());
    });
  });
}
