// What a schema document says, as strings that can be compared. Nothing here imports graphql: two packages share it, each with
// a graphql of its own.

const GUARDS = new Set(['authenticated', 'requiresScopes', 'policy']);

/** `User.email: String` for each field of the document's objects, interfaces and inputs. */
export function fieldsOf(document) {
  return document.definitions.flatMap((type) =>
    (type.fields ?? []).map((field) => `${type.name.value}.${field.name.value}: ${typeOf(field.type)}`),
  );
}

/** `User.email @requiresScopes(scopes: …)` for each directive that tells a router who may read a type or a field. */
export function guardsOf(document) {
  return document.definitions
    .filter(({ kind }) => kind.endsWith('TypeDefinition') || kind.endsWith('TypeExtension'))
    .flatMap((type) => [
      ...guards(type.name.value, type),
      ...(type.fields ?? []).flatMap((field) => guards(`${type.name.value}.${field.name.value}`, field)),
    ]);
}

/** The names of the document's interfaces. */
export function interfacesOf(document) {
  return document.definitions
    .filter(({ kind }) => kind === 'InterfaceTypeDefinition')
    .map(({ name }) => name.value);
}

/** One of `guardsOf`. Scopes are alternatives, each of which asks for all of its own: their order says nothing. */
export function guard(where, name, alternatives) {
  const scopes = (alternatives ?? []).map((all) => all.toSorted().join(' and ')).toSorted();
  return `${where} @${name}${scopes.length > 0 ? `(${scopes.join(' or ')})` : ''}`;
}

function guards(where, { directives }) {
  return directives
    .filter(({ name }) => GUARDS.has(name.value))
    .map(({ name, arguments: [scopes] }) => guard(where, name.value, scopes?.value.values.map(strings)));
}

function strings({ values }) {
  return values.map(({ value }) => value);
}

function typeOf({ kind, type, name }) {
  if (kind === 'NonNullType') return `${typeOf(type)}!`;
  return kind === 'ListType' ? `[${typeOf(type)}]` : name.value;
}
