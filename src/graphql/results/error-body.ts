/** An answer that is an error and nothing else, in the shape that GraphQL clients read. */
export function errorBody(message: string, code: string) {
  return { errors: [{ message, extensions: { code } }] };
}
