// Package validate holds requests, answers, deliveries and recordings against
// the contract of DocSpace webhooks. It is for tests, of this module and of
// yours; nothing that ships a client or a receiver needs it.
//
// It is always strict: members, statuses, content types and query parameters
// that the contract does not know fail, and so do an empty body where there
// must be one, a member that is written twice, a number that is no int64, and a
// body that names another status than the answer has. What it finds is an
// [*Error], which tells the place and the rule and never the value: bodies hold
// secrets and signatures.
//
// Of a recorded exchange it judges the answer, and of its request only method
// and path, and those only where the answer is a success: the server tolerates
// more than the contract lets a client send (numbers in quotes, unknown members
// and parameters, other charsets), and many recordings are wrong on purpose.
//
// The HTML pages of the proxy with 404, 503 and 504 are not in the contract, so
// they fail: no recording shows one.
package validate
