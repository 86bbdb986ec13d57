import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { parse as parseYaml } from 'yaml';
import { read, subgraphs } from './subgraphs.js';

const yaml = read('supergraph.yaml');
const { federation_version: version, subgraphs: listed } = parseYaml(yaml);
const installed = (folder) => JSON.parse(read(`${folder}/package.json`)).devDependencies;

test('supergraph.yaml names the composers that these tests use, in the versions that they use', () => {
  const packages = { ...installed('test/composition'), ...installed('test/composition/cosmo') };
  assert.equal(version, `=${packages['@apollo/composition']}`);
  for (const name of [
    '@apollo/composition',
    '@theguild/federation-composition',
    '@wundergraph/composition',
  ]) {
    assert.ok(yaml.includes(`${name} ${packages[name]}`), `${name} ${packages[name]}`);
  }
});

test('supergraph.yaml composes by itself, to a supergraph that routes to what it lists', () => {
  const services = Object.entries(listed).map(([name, { routing_url: url, schema }]) => ({
    name,
    url,
    typeDefs: parse(read(schema.file)),
  }));
  const { errors, supergraphSdl } = composeServices(services);
  assert.equal(errors, undefined);
  const graphs = [...supergraphSdl.matchAll(/@join__graph\(name: "(.+?)", url: "(.+?)"\)/g)];
  assert.deepEqual(
    graphs.map(([, name, url]) => ({ name, url })),
    services.map(({ name, url }) => ({ name, url })),
  );
});

test('supergraph.yaml lists Latchkey as the other tests compose it', () => {
  const [{ name, url }] = subgraphs('plain');
  assert.deepEqual(listed[name], { routing_url: url, schema: { file: './schema/latchkey.graphql' } });
});
