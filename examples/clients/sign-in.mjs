// Prints a token for the user named on the command line; reads the password from standard input.
import { text } from "node:stream/consumers";

const server = process.env.TRELLIS_SERVER ?? "http://127.0.0.1:8080";
const [name = "admin"] = process.argv.slice(2);
const password = (await text(process.stdin)).split("\n")[0];
const query = `mutation SignIn($input: LoginInput!) {
  login(input: $input) { token problems { code message } }
}`;

const response = await fetch(`${server}/graphql`, {
  method: "POST",
  headers: { "content-type": "application/json", accept: "application/graphql-response+json" },
  body: JSON.stringify({ query, variables: { input: { name, password } } }),
});
const { data, errors } = await response.json();
const problems = errors ?? data.login.problems;
if (problems.length > 0) {
  console.error(problems.map((problem) => problem.message).join("\n"));
  process.exit(1);
}
console.log(data.login.token);
