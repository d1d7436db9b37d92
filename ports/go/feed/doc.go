// Package feed carries revocations to every server of a realm over an engine
// that orders bytes, Redis for instance.
//
// Servers make and check everything in a feed: whoever can write to the engine
// but has no feed key can neither log anybody out nor hide unnoticed that
// somebody was. Make a view that is Fed and a [Feed] over it with [New], and
// let [Feed.Run] run:
//
//	view, err := cloakroom.NewRevocations(cloakroom.RevocationOptions{Fed: true})
//	f, err := feed.New(feed.Options{Engine: engine, Realm: "shop", Keys: feed.Keys{Write: key}, View: view})
//	go f.Run(ctx)
//
// The view is fresh, and sessions are issued, as soon as the feed proves that
// it is at its end. A logout returns cloakroom.Accepted once it is in the feed.
//
// The position in a feed is kept in memory. A process that starts reads the
// feed from its snapshot on, and hands back what its view knows and the feed
// lost.
package feed
