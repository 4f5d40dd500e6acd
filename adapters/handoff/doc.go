// Package handoff gives the events of a receiver to a message broker, through
// Watermill, for when one process is not enough or a handler takes longer than
// the portal waits.
//
// [New] makes the [receiver.Handler] that publishes. It returns nil only when
// the publisher has, so the portal is answered 204 when the event is the
// broker's, and otherwise 500, after which it delivers again. [Consume] is the
// other end: it makes a handler for Watermill's router of the [receiver.Handler]
// that does the work.
//
// # When a publisher has a confirmation
//
// What Publish of Watermill promises depends on the engine and its settings:
//
//	RabbitMQ        amqp.NewDurableQueueConfig with Publish.ConfirmDelivery set.
//	                Declare the queue first, with Subscriber.SubscribeInitialize:
//	                RabbitMQ confirms what it drops because no queue wants it.
//	NATS JetStream  nats.PublisherConfig of pkg/nats as it is: it waits for the
//	                stream's acknowledgement. Without a stream it fails. With
//	                JetStream.TrackMsgId the stream drops repetitions, within its
//	                duplicate window.
//	Redis streams   redisstream.PublisherConfig as it is, but without a Maxlen: it
//	                cuts off what nobody has read. Redis confirms before it
//	                persists unless appendfsync is always.
//	SQL             sql.PublisherConfig on a database handle, not on an open
//	                transaction, and GeneratePayloadType "BYTEA" on PostgreSQL: in
//	                a column of type JSON, bodies that are not UTF-8 are refused.
//	Kafka           kafka.DefaultSaramaSyncPublisherConfig with
//	                Producer.RequiredAcks set to WaitForAll. Not tested here.
//
// GoChannel and core NATS confirm nothing.
//
// # What a consumer can rely on
//
// A message's payload is the body of the delivery as it was signed, byte for
// byte. Its id is the same for every repetition of an event, see [MessageID]; it
// comes at least once, in any order. The signature stays behind, like all headers
// but those of a trace: it was checked, and whoever has it and the body can send
// both again.
package handoff
