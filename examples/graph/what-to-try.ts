interface Urls {
  readonly publicUrl: string;
  readonly authUrl: string;
  readonly tasksUrl: string;
}

/** Lines for a shell that show the graph at work. test/npm-run-graph.test.ts runs them as printed. */
export function whatToTry({ publicUrl, authUrl, tasksUrl }: Urls): string {
  const name = `ada${Math.random().toString(36).slice(2, 7)}`;
  const signup = `mutation { signup(input: {
    email: \\"${name}@example.com\\", username: \\"${name}\\", password: \\"a long walk by the sea\\"
  }) { ... on Authentication { accessToken } } }`;
  return `
The graph is served at ${publicUrl}/graphql, with a GraphQL IDE in a browser, from
  auth    ${authUrl} (answers only the gateway)
  tasks   ${tasksUrl}

Try it: paste the indented lines into another terminal.

  gql() { curl -sN ${publicUrl}/graphql -H 'content-type: application/json' -d "$@"; echo; }

Sign up, and keep the access token:

  ACCESS=$(gql '{"query":"${oneLine(signup)}"}' | sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/')

A task of yours. Its subgraph finds out by itself who you are:

  gql '{"query":"mutation { createTask(title: \\"Water the plants\\") { id } }"}' -H "authorization: Bearer $ACCESS"

From one to the other and back: Latchkey knows you, the other your tasks, Latchkey their owner:

  gql '{"query":"{ me { email tasks { title owner { username } } } }"}' -H "authorization: Bearer $ACCESS"

What happens to your session, as it happens. The stream ends when the session does, so log out:

  gql '{"query":"subscription { mySessionChanged { kind session { endReason } } }"}' -H "authorization: Bearer $ACCESS" -H 'accept: text/event-stream' & sleep 1
  gql '{"query":"mutation { logout { count } }"}' -H "authorization: Bearer $ACCESS"; wait

Past the gateway nobody is answered:

  curl -s ${authUrl} -H 'content-type: application/json' -d '{"query":"{ __typename }"}'; echo

Ctrl-C stops all of it.
`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}
